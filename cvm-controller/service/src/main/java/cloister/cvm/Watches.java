package cloister.cvm;

import cloister.broker.LeaseList;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.cvm.broker.Broker;
import cloister.cvm.broker.Reply;
import cloister.cvm.slurm.LocalSlurm;
import cloister.cvm.slurm.Node;
import cloister.cvm.slurm.PendingJob;
import cloister.cvm.slurm.Unreadable;
import cloister.vpn.TunnelChanges;
import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Those who look at the world and tell the controller's loop, each on a thread of its own, until interrupted. */
final class Watches {

    /** The nodes are looked at with each look at the queue while there are workers, and else every so often. */
    private static final int NODES_EVERY = 20;

    private static final Duration POLL = Duration.ofSeconds(25);
    private static final Duration BETWEEN_POLLS = Duration.ofSeconds(1);
    private static final Duration TROUBLE = Duration.ofSeconds(2);
    private static final Duration POLICY = Duration.ofSeconds(30);
    private static final Duration TUNNELS = Duration.ofSeconds(10);
    private static final int CONFLICT = 409;

    private final Runners.Teller teller;
    private final InstantSource clock;

    Watches(Runners.Teller teller, InstantSource clock) {
        this.teller = teller;
        this.clock = clock;
    }

    /**
     * Looks at the local Slurm. A look that fails is silence: what is not known is no news.
     */
    void slurm(LocalSlurm slurm, Pace pace) throws InterruptedException {
        int round = 0;
        boolean failed = false;
        while (true) {
            Instant at = clock.instant();
            try {
                // Nodes last: a job that starts in between is still pending then, or its node is seen busy. The other
                // way
                // round it would be in neither look, and the lease of its worker could be given back under it.
                List<PendingJob> pending = slurm.pending();
                Optional<List<Node>> nodes =
                        pace.nodes() || round % NODES_EVERY == 0 ? Optional.of(slurm.nodes()) : Optional.empty();
                teller.tell(new News.Queue(pending, nodes, at));
                failed = false;
            } catch (IOException | Unreadable e) {
                if (!failed) {
                    Log.say("the local Slurm cannot be read: " + e.getMessage());
                }
                failed = true;
            }
            round++;
            pace.await(System.nanoTime());
        }
    }

    /**
     * Waits for submissions and changes of jobs, of which the submit plugin writes a file in slurmctld's folder; its content means
     * nothing.
     */
    void submissions(Path folder, Pace pace) throws InterruptedException {
        try (WatchService watch = folder.getFileSystem().newWatchService()) {
            WatchKey key =
                    folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
            do {
                // The first time for what came before this watch.
                pace.closely();
                watch.take().pollEvents();
            } while (key.reset());
            throw new IllegalStateException(folder + " is gone");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits at the broker for changes of the leases. */
    void leases(Broker broker) throws InterruptedException {
        long since = 0;
        boolean first = true;
        boolean failed = false;
        while (true) {
            switch (broker.leases(since, first ? Duration.ZERO : POLL)) {
                case Reply.Known<LeaseList>(LeaseList list) -> {
                    teller.tell(new News.Leases(since == 0, list));
                    first = false;
                    if (list.revision() == since) {
                        // Nothing changed, or there never was a lease; the broker may have answered at once.
                        Thread.sleep(BETWEEN_POLLS);
                    }
                    since = list.revision();
                    failed = false;
                }
                case Reply.Refused<LeaseList>(int status) -> {
                    Log.say("the broker refuses its leases with status " + status);
                    // It does not know this revision any more: everything is read again.
                    if (status == CONFLICT) {
                        since = 0;
                        first = true;
                    }
                    Thread.sleep(TROUBLE);
                }
                case Reply.Unknown<LeaseList>(String why) -> {
                    if (!failed) {
                        Log.say("the broker does not answer: " + why);
                    }
                    failed = true;
                    Thread.sleep(TROUBLE);
                }
            }
        }
    }

    /** Asks for the limits and members now and then. What cannot be had now is asked for again later. */
    void policy(Broker broker) throws InterruptedException {
        while (true) {
            Thread.sleep(POLICY);
            if (broker.members() instanceof Reply.Known<Members>(Members members)) {
                teller.tell(new News.NewMembers(members));
            }
            if (broker.limits() instanceof Reply.Known<Limits>(Limits limits)) {
                teller.tell(new News.NewLimits(limits));
            }
        }
    }

    /** Looks which tunnels carry, sooner when charon says that something changed. */
    void tunnels(Charon charon, Path socket, Duration patience) throws InterruptedException {
        boolean failed = false;
        while (true) {
            try (TunnelChanges changes = TunnelChanges.open(socket, patience)) {
                failed = false;
                while (true) {
                    Instant at = clock.instant();
                    teller.tell(new News.Tunnels(charon.carrying(), at));
                    changes.await(TUNNELS);
                }
            } catch (CharonLost | CharonRefused e) {
                if (!failed) {
                    Log.say("charon is away: " + e.getMessage());
                }
                failed = true;
                // It has forgotten all tunnels; they are brought up again as soon as it is back.
                teller.tell(new News.Tunnels(Set.of(), clock.instant()));
                Thread.sleep(TROUBLE);
            }
        }
    }
}
