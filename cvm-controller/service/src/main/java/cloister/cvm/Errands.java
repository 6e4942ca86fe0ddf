package cloister.cvm;

import cloister.broker.LeaseRequest;
import cloister.control.Account;
import cloister.control.Rejected;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.worker.Guest;
import cloister.cvm.worker.Parting;
import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** What is done to one worker in the world outside: each errand may be run again, and none lasts for ever. */
interface Errands {
    /**
     * What an errand needs to know of a worker.
     *
     * @param worker which worker
     * @param shape what it was asked with
     * @param endsAt when its lease ends, where that is known
     * @param busy how long jobs ran on it, as far as was seen
     * @param neighbours the other workers of its lease, and their addresses on the underlay
     * @param owner the member of its lease, where that member is one still
     */
    record About(
            WorkerKey worker,
            LeaseRequest shape,
            Optional<Instant> endsAt,
            Duration busy,
            Map<WorkerKey, String> neighbours,
            Optional<Account> owner) {
        public About {
            neighbours = Map.copyOf(neighbours);
        }
    }

    /**
     * Admits a worker: signs its certificate, tells it its place, and brings its tunnel up.
     *
     * @param wanted false as soon as nobody needs it any more
     * @throws IOException where it did not come to a tunnel that carries; it may be tried again
     */
    void join(About about, Guest guest, List<Account> accounts, BooleanSupplier wanted)
            throws IOException, InterruptedException, Rejected, CharonRefused;

    /** Shows a worker that its CVM lives. */
    void greet(WorkerKey worker, Guest guest) throws IOException, Rejected;

    /** Brings a tunnel up again; whether it carries shows at the next look. */
    void reconnect(WorkerKey worker, Guest guest) throws CharonLost, CharonRefused;

    /** Keeps jobs from a worker that could not end before its term; false where Slurm would not. */
    boolean fence(About about) throws IOException, InterruptedException;

    /**
     * Takes away what is left of a worker: its node first, so that no job can start on it; then its part of the lease, with
     * which the machine goes; and its tunnel.
     *
     * @param guest where the machine is, if it ever said hello
     * @param parting why it goes
     * @throws IOException where something may be left; all of it may be done again
     */
    void clear(About about, Optional<Guest> guest, Parting parting)
            throws IOException, InterruptedException, CharonRefused;

    /** Takes away what a worker left that no lease knows. */
    void sweep(WorkerKey worker) throws IOException, InterruptedException, CharonRefused;
}
