package cloister.worker;

import cloister.broker.BootLine;
import cloister.guest.Boot;
import cloister.guest.BootLines;
import cloister.guest.BootPort;
import cloister.guest.Commands;
import cloister.guest.Conversation;
import cloister.guest.GuestClock;
import cloister.guest.PrivateFiles;
import cloister.guest.TimeScale;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Starts the controller of a worker. With the argument {@code train} it only exercises itself and ends. */
public final class WorkerMain {
    private static final int CONTROL_PORT = 22;
    /** Version of the guest's side of the boot channel's and the control port's formats. */
    private static final int IMAGE = 1;

    private static final Duration PORT_APPEARS = Duration.ofSeconds(10);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);

    private final Path root = Path.of("/");
    private final Path state = root.resolve("run/cloister");
    private final Commands commands = Commands.ofThisMachine();
    private final TimeScale scale;
    private final MachineKey key;
    private final CompletableFuture<Worker> begun = new CompletableFuture<>();

    private WorkerMain(TimeScale scale) throws IOException {
        this.scale = scale;
        Files.createDirectories(
                state, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        this.key = key(state.resolve("key.pem"));
    }

    /** Ends only with the machine, or with an exit code above 0 after which it is to be started again. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1 && arguments[0].equals("train")) {
            Training.run();
            return;
        }
        if (arguments.length > 0) {
            System.err.println("usage: no argument, or train");
            System.exit(2);
        }
        new WorkerMain(TimeScale.of(System.getenv())).run();
    }

    private static void log(String line) {
        System.err.println(line);
    }

    /** A restarted controller has the key that the CVM pinned. */
    private static MachineKey key(Path file) throws IOException {
        if (Files.exists(file)) {
            return MachineKey.load(file);
        }
        MachineKey key = MachineKey.generate();
        key.store(file);
        return key;
    }

    private void run() throws IOException, InterruptedException {
        Path kept = state.resolve("boot.json");
        Boot.@Nullable Worker known = null;
        if (Files.exists(kept)) {
            known = worker(BootLines.read(Files.readAllBytes(kept)));
            log("started again as " + known.name());
            begin(known);
        }
        talk(known);
        try {
            Worker worker = begun.get();
            while (true) {
                Thread.sleep(BETWEEN_LOOKS);
                worker.look();
            }
        } catch (ExecutionException e) {
            throw new IOException("the guest did not become a worker", e);
        }
    }

    private static Boot.Worker worker(BootLine line) throws IOException {
        try {
            if (Boot.of(line) instanceof Boot.Worker worker) {
                return worker;
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("the boot line is wrong: " + e.getMessage(), e);
        }
        throw new IOException("a worker's image was told to be a CVM");
    }

    /** Talks on the boot channel for as long as the guest lives. */
    private void talk(Boot.@Nullable Worker known) {
        var ears = new Conversation.Ears() {
            @Override
            public void time(Instant now) throws IOException, InterruptedException {
                new GuestClock(commands).set(now);
            }

            @Override
            public void become(Boot boot, BootLine line) throws IOException, InterruptedException {
                Boot.Worker worker = worker(line);
                begin(worker);
                PrivateFiles.write(state.resolve("boot.json"), BootLines.write(line));
            }
        };
        Thread.ofPlatform().daemon().name("boot-channel").start(() -> {
            try (BootPort port = BootPort.find(root.resolve("sys"), root.resolve("dev"), scale.stretch(PORT_APPEARS))) {
                new Conversation(port, new Conversation.Self(key.spki(), null, IMAGE), ears, known, WorkerMain::log)
                        .run();
            } catch (IOException | InterruptedException | RuntimeException e) {
                log("the boot channel is over: " + e.getMessage());
                // Started again, the controller finds its key and, if it was told, who it is.
                Runtime.getRuntime().halt(1);
            }
        });
    }

    private void begin(Boot.Worker boot) throws IOException, InterruptedException {
        var vpn = new Vpn.Charon(root.resolve("run/charon.vici"));
        var hands = new GuestHands(boot, key, commands, root, scale, vpn, Reach::tries, WorkerMain::log);
        var control = new InetSocketAddress(boot.address().toString(), CONTROL_PORT);
        begun.complete(Presence.begin(boot, key, hands, vpn, root, control, scale, WorkerMain::log)
                .worker());
    }
}
