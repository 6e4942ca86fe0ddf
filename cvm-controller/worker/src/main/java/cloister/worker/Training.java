package cloister.worker;

import cloister.broker.BootLine;
import cloister.broker.GpuKind;
import cloister.broker.GuestKind;
import cloister.control.Account;
import cloister.control.ClusterKey;
import cloister.control.ControlClient;
import cloister.control.HostEntry;
import cloister.control.Join;
import cloister.control.KeptJoin;
import cloister.control.Mount;
import cloister.control.Peer;
import cloister.guest.Boot;
import cloister.guest.BootLines;
import cloister.guest.BootPort;
import cloister.guest.Command;
import cloister.guest.Commands;
import cloister.guest.Conversation;
import cloister.guest.TimeScale;
import cloister.vpn.Tunnel;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Pem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One life of a worker in a folder, over the loopback, with nobody else's help: what the runtime loads and compiles for it is
 * what it will need in a guest. The image's build runs this to record it, and once more to prove the record.
 */
final class Training {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long NOW_MS = 1_790_000_000_000L;
    private static final long ENDS_AT = 9_000_000_000L;

    private final Path root;
    private final MachineKey cvm = MachineKey.generate();
    private final MachineKey key;
    private final List<String> ran = new ArrayList<>();

    private Training(Path root) throws IOException {
        this.root = root;
        PretendGuest.make(root);
        Path file = root.resolve("run/cloister/key.pem");
        MachineKey.generate().store(file);
        key = MachineKey.load(file);
    }

    static void run() throws Exception {
        Path root = Files.createTempDirectory("training");
        try {
            var training = new Training(root);
            training.becomeAndServe();
            Commands.ofThisMachine().checked(Command.of("true"));
        } finally {
            remove(root);
        }
    }

    private static void remove(Path root) throws IOException {
        try (var all = Files.walk(root)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private Commands.Outcome pretend(Command command) {
        synchronized (ran) {
            ran.add(command.toString());
        }
        return new Commands.Outcome.Finished(0, "", "");
    }

    private void becomeAndServe() throws Exception {
        var heard = new ArrayList<Boot>();
        var ears = new Conversation.Ears() {
            @Override
            public void time(Instant now) {
                // The clock of the machine that trains is right.
            }

            @Override
            public void become(Boot boot, BootLine line) throws IOException {
                heard.add(Boot.of(BootLines.read(BootLines.write(line))));
            }
        };
        try {
            new Conversation(new OneLine(line()), new Conversation.Self(key.spki(), null, 1), ears, null, _ -> {})
                    .run();
        } catch (OneLine.Over e) {
            // As it should: that line was all there was to hear.
            heard.trimToSize();
        }
        if (!(heard.getFirst() instanceof Boot.Worker boot)) {
            throw new IllegalStateException("the training's own line is a worker's");
        }
        serve(boot);
    }

    private void serve(Boot.Worker boot) throws Exception {
        var vpn = new NoVpn();
        try {
            new Vpn.Charon(root.resolve("run/no.vici")).knows(GuestHands.TUNNEL);
            throw new IllegalStateException("there is no charon in training");
        } catch (IOException e) {
            vpn.missed = String.valueOf(e.getMessage());
        }
        var hands = new GuestHands(
                boot, key, this::pretend, root, new TimeScale(1), vpn, (_, _, _) -> true, line -> say(line));
        var loopback = InetAddress.getLoopbackAddress();
        try (var presence = Presence.begin(
                        boot,
                        key,
                        hands,
                        vpn,
                        root,
                        new InetSocketAddress(loopback, 0),
                        new TimeScale(1),
                        line -> say(line));
                var listening = new ServerSocket(0, 1, loopback);
                var client = ControlClient.open(
                        new InetSocketAddress(loopback, presence.server().port()), cvm, key.spki(), LIMIT)) {
            Worker worker = presence.worker();
            Reach.tries("127.0.0.1", "127.0.0.1", listening.getLocalPort());
            client.csr();
            Join join = join(new Named(boot).id(), boot);
            client.join(KeptJoin.read(KeptJoin.write(join)));
            Conditions.await(() -> worker.life() instanceof Life.Serving, LIMIT, "the training did not serve");
            client.status();
            client.usage();
            client.extend(ENDS_AT + 1);
            worker.look();
            client.leave();
            Conditions.await(() -> powered(), LIMIT, "the training did not turn off");
        }
    }

    private boolean powered() {
        synchronized (ran) {
            return ran.contains("busybox poweroff -n -f");
        }
    }

    private void say(String line) {
        synchronized (ran) {
            ran.add(line);
        }
    }

    private byte[] line() {
        return BootLines.write(new BootLine(
                1,
                GuestKind.WORKER,
                "0".repeat(32),
                NOW_MS,
                1,
                1,
                1,
                "w1-1",
                "10.77.1.16",
                16,
                "10.77.1.0/24",
                ENDS_AT,
                cvm.spki().base64(),
                null,
                null));
    }

    private Join join(String id, Boot.Worker boot) {
        String pem = Pem.of(key.certificate());
        return new Join(
                pem,
                pem,
                "10.99.0.16",
                "10.99.0.0/24",
                "10.77.1.10",
                "10.99.0.1",
                "cvm.p1.cloister",
                id,
                List.of(new Peer("w1-2.p1.cloister", "10.77.1.17", "10.99.0.17")),
                boot.name(),
                1,
                512,
                GpuKind.NONE,
                0,
                ClusterKey.of(new byte[32]),
                List.of(Mount.HOME),
                0,
                List.of(new Account("trainee", 5001)),
                List.of(new HostEntry("cvm", "10.99.0.1")),
                ENDS_AT,
                "l1-1");
    }

    /** A charon that has everything. */
    private static final class NoVpn implements Vpn {
        private String missed = "";
        private final Set<String> carrying = new HashSet<>(Set.of(GuestHands.TUNNEL));

        @Override
        public void load(MachineKey key, X509Certificate own, X509Certificate ca, List<Tunnel> all) {
            missed = all.getFirst().name();
        }

        @Override
        public Optional<String> bringUp(String tunnel, Duration limit) {
            carrying.add(tunnel);
            return Optional.empty();
        }

        @Override
        public Set<String> carrying() {
            return Set.copyOf(carrying);
        }

        @Override
        public boolean knows(String tunnel) {
            return missed.equals(tunnel);
        }
    }

    /** A boot channel on which one line is said. */
    private static final class OneLine implements BootPort {
        private final byte[] line;
        private boolean said;

        OneLine(byte[] json) {
            this.line = (new String(json, StandardCharsets.UTF_8) + "\n").getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public int read(byte[] into) throws IOException {
            if (said) {
                throw new Over();
            }
            said = true;
            System.arraycopy(line, 0, into, 0, line.length);
            return line.length;
        }

        @Override
        public void write(byte[] bytes) {
            // Nobody listens.
        }

        @Override
        public void close() {
            // Nothing is open.
        }

        /** There is nothing more to hear. */
        private static final class Over extends IOException {
            private static final long serialVersionUID = 1L;
        }
    }
}
