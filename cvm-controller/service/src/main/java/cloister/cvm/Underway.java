package cloister.cvm;

import cloister.broker.BootLine;
import cloister.guest.Boot;
import cloister.guest.BootLines;
import cloister.guest.BootPort;
import cloister.guest.Commands;
import cloister.guest.Conversation;
import cloister.guest.GuestClock;
import cloister.guest.GuestNetwork;
import cloister.guest.PrivateFiles;
import cloister.isolation.GuestRules;
import cloister.isolation.Ipv4;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** How this machine learns who it is: from the boot channel, or after a restart of the controller from what it noted then. */
final class Underway {
    private static final Path NOTE = Path.of("/run/cloister/boot.json");
    private static final Duration PORT = Duration.ofSeconds(30);

    private final Commands commands;
    private final GuestNetwork network;
    private final CompletableFuture<Boot.Cvm> became = new CompletableFuture<>();

    Underway(Commands commands) {
        this.commands = commands;
        this.network = new GuestNetwork(commands, Path.of("/"));
    }

    /** Starts the conversation on a thread of its own, and waits until this machine is who it is told to be. */
    Boot.Cvm learn(Conversation.Self self) throws IOException, InterruptedException {
        Boot.Cvm noted = noted();
        if (noted != null) {
            shut(noted);
            became.complete(noted);
        }
        Thread.ofPlatform().daemon().name("boot-channel").start(() -> converse(self, noted));
        try {
            return became.get();
        } catch (ExecutionException e) {
            throw new IOException("this machine was not told who it is", e.getCause());
        }
    }

    private void converse(Conversation.Self self, Boot.@Nullable Cvm noted) {
        try (BootPort port = BootPort.find(Path.of("/sys"), Path.of("/dev"), PORT)) {
            new Conversation(port, self, new Ears(), noted, Log::say).run();
        } catch (IOException e) {
            // Before the first line this ends the controller, which is started again; later the machine just goes on.
            Log.say("the boot channel is closed: " + e.getMessage());
            became.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Boot.@Nullable Cvm noted() throws IOException {
        if (!Files.exists(NOTE)) {
            return null;
        }
        return cvm(Boot.of(BootLines.read(Files.readAllBytes(NOTE))));
    }

    private static Boot.Cvm cvm(Boot boot) throws IOException {
        if (boot instanceof Boot.Cvm cvm) {
            return cvm;
        }
        throw new IOException("this machine holds a CVM's image and is told to be another");
    }

    /** Firewall first, then interfaces, then the word to anyone that this machine exists. */
    private void shut(Boot.Cvm boot) throws IOException, InterruptedException {
        network.firewall(GuestRules.forCvm(boot.address(), boot.peers(), Project.OVERLAY, boot.broker()));
        network.underlay(boot);
        network.overlay(Project.OVERLAY_CVM, Project.OVERLAY);
        network.hub();
        Map<String, Ipv4> names = new LinkedHashMap<>();
        names.put("cvm", Project.OVERLAY_CVM);
        network.hosts(names);
    }

    private final class Ears implements Conversation.Ears {
        private final GuestClock clock = new GuestClock(commands);

        @Override
        public void time(Instant now) throws IOException, InterruptedException {
            clock.set(now);
        }

        @Override
        public void become(Boot boot, BootLine line) throws IOException, InterruptedException {
            Boot.Cvm cvm = cvm(boot);
            shut(cvm);
            PrivateFiles.write(NOTE, BootLines.write(line));
            became.complete(cvm);
        }
    }
}
