package cloister.cvm;

import cloister.control.Account;
import cloister.cvm.demand.WorkerKey;
import cloister.guest.Command;
import cloister.guest.Commands;
import cloister.isolation.Ipv4;
import java.io.IOException;
import java.time.Duration;

/** Which home the file server shows to which worker, where a worker serves one member. Each call may be made again. */
final class Homes {
    private static final String EXPORT = "/usr/lib/cloister/nfs-export";

    private final Commands commands;
    private final Duration limit;

    Homes(Commands commands, Duration limit) {
        this.commands = commands;
        this.limit = limit;
    }

    /** Shows a worker at an address of the overlay its owner's home and nothing else; whatever it claims, it acts as the owner. */
    void share(WorkerKey worker, Ipv4 overlay, Account owner) throws IOException, InterruptedException {
        run(worker.node(), overlay.toString(), Integer.toString(owner.uid()), owner.login());
    }

    /** Shows it nothing any more. */
    void unshare(WorkerKey worker) throws IOException, InterruptedException {
        run(worker.node());
    }

    private void run(String... arguments) throws IOException, InterruptedException {
        commands.checked(Command.of(EXPORT, arguments).within(limit));
    }
}
