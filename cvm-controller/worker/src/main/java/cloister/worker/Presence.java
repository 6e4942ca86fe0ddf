package cloister.worker;

import cloister.control.ControlServer;
import cloister.control.KeptJoin;
import cloister.control.Patience;
import cloister.guest.Boot;
import cloister.guest.TimeScale;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A worker that knows who it is and can be spoken to by its CVM.
 *
 * @param worker its life
 * @param server its control port
 */
record Presence(Worker worker, ControlServer server) implements AutoCloseable {
    /** Begins, or goes on where an earlier run of the controller was: everything that it needs lies in the state folder. */
    static Presence begin(
            Boot.Worker boot,
            MachineKey key,
            GuestHands hands,
            Vpn vpn,
            Path root,
            InetSocketAddress control,
            TimeScale scale,
            Consumer<String> log)
            throws IOException, InterruptedException {
        Path state = root.resolve("run/cloister");
        var worker =
                new Worker(key, new Worker.Self(new Named(boot), new Machine(root), vpn), hands, boot.endsAt(), log);
        Path kept = state.resolve("join.json");
        if (Files.exists(GuestHands.leaving(state))) {
            worker.resumeLeaving();
        } else if (Files.exists(kept)) {
            worker.resume(KeptJoin.read(Files.readAllBytes(kept)));
        } else {
            hands.underlay();
        }
        Thread.ofPlatform().daemon().name("scratch").start(() -> {
            try {
                hands.scratch();
            } catch (IOException | InterruptedException e) {
                // The stage of the join that needs it tries again, and tells the CVM.
                log.accept("the scratch drive did not open yet: " + e.getMessage());
            }
        });
        var server =
                ControlServer.listen(control, key, boot.cvmKey(), Patience.scaled(scale.factor()), worker::answer, log);
        return new Presence(worker, server);
    }

    @Override
    public void close() throws IOException {
        server.close();
        worker.close();
    }
}
