package cloister.backend.lease;

import cloister.backend.pulse.Paced;
import cloister.backend.pulse.Pulse;
import cloister.backend.pulse.Quiet;
import cloister.bridge.Asked;
import cloister.bridge.Ending;
import cloister.bridge.Gate;
import cloister.bridge.GateRefusal;
import cloister.bridge.Placeholder;
import cloister.bridge.Placeholders;
import cloister.bridge.Survey;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * Looks at every live lease, again and again: asks Slurm once for all of them, then lets each converge by itself, so that a
 * host that hangs holds up its own leases only. Also says at the gate that the backend lives, and ends placeholders that bear
 * our mark and belong to nothing.
 */
@Component
class LeaseLoop implements Paced {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseLoop.class);

    /** The gate refuses after 30 s of silence. */
    private static final Duration BEAT = Duration.ofSeconds(5);

    /** A loop that made no pass for so long is dead: the gate must hear no heartbeat of it. */
    private static final Duration STUCK = Duration.ofMinutes(2);

    /** How often Slurm is asked while no lease lives: only for what bears our mark and should not be there. */
    private static final Duration IDLE = Duration.ofSeconds(10);

    /** Leases that act at the same time: each may wait for hosts and holds a connection now and then. */
    private static final int MOST_AT_ONCE = 64;

    private static final String SLURM = "Slurm does not say what it has";

    private final Quiet quiet = new Quiet(LOG);
    private final LeaseStore store;
    private final LeaseTask task;
    private final LeaseInbox inbox;
    private final Placeholders placeholders;
    private final Gate gate;
    private final InstantSource clock;
    private final Pulse pulse;
    private final Pulse heart;
    private final ExecutorService tasks;
    private final Semaphore places = new Semaphore(MOST_AT_ONCE);
    private final Set<LeaseId> busy = ConcurrentHashMap.newKeySet();
    private final Map<LeaseId, Instant> acted = new ConcurrentHashMap<>();
    private final Set<Long> strangers = new HashSet<>();
    private Instant looked = Instant.EPOCH;

    @Autowired
    LeaseLoop(
            LeaseStore store,
            LeaseTask task,
            LeaseInbox inbox,
            LeaseWake wake,
            Placeholders placeholders,
            Gate gate,
            InstantSource clock,
            LeaseConfig config) {
        this(store, task, inbox, wake, placeholders, gate, clock, config, Executors.newVirtualThreadPerTaskExecutor());
    }

    LeaseLoop(
            LeaseStore store,
            LeaseTask task,
            LeaseInbox inbox,
            LeaseWake wake,
            Placeholders placeholders,
            Gate gate,
            InstantSource clock,
            LeaseConfig config,
            ExecutorService tasks) {
        this.tasks = tasks;
        this.store = store;
        this.task = task;
        this.inbox = inbox;
        this.placeholders = placeholders;
        this.gate = gate;
        this.clock = clock;
        this.pulse = new Pulse("lease-loop", config.pass(), clock, this::pass);
        this.heart = new Pulse("gate-heartbeat", BEAT, clock, this::beat);
        wake.target(pulse::wake);
    }

    private void beat() {
        Instant now = clock.instant();
        if (pulse.lastPass().plus(STUCK).isBefore(now)) {
            LOG.error(
                    "no pass over the leases since {}: the gate hears nothing from us until one ends",
                    pulse.lastPass());
            return;
        }
        gate.beat(now);
    }

    /** One look at everything. */
    void pass() {
        List<LeaseRecord> live = store.live();
        Instant now = clock.instant();
        if (live.isEmpty() && looked.plus(IDLE).isAfter(now)) {
            return;
        }
        looked = now;
        World world = look();
        for (LeaseRecord lease : live) {
            converge(lease.id(), world);
        }
        strays(world);
    }

    private World look() {
        Instant before = clock.instant();
        List<Asked> asked = List.of();
        try {
            asked = gate.asked();
        } catch (UncheckedIOException e) {
            LOG.error("the gate's folder can't be read: {}", e.getMessage());
        }
        return switch (placeholders.list()) {
            case Survey.Seen(List<Placeholder> seen) -> {
                quiet.fine(SLURM);
                yield new World(before, Optional.of(seen), asked);
            }
            case Survey.Unknown(String why) -> {
                quiet.trouble(SLURM, why);
                yield new World(before, Optional.empty(), asked);
            }
        };
    }

    private void converge(LeaseId id, World world) {
        if (!busy.add(id)) {
            return;
        }
        tasks.execute(() -> {
            try {
                places.acquire();
                try {
                    // What was done after Slurm was asked is not in its answer.
                    boolean fresh = acted.getOrDefault(id, Instant.MIN).isBefore(world.at());
                    boolean over = task.run(id, world, fresh);
                    acted.put(id, clock.instant());
                    if (over) {
                        inbox.forget(id);
                        acted.remove(id);
                    }
                } finally {
                    places.release();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.error("{} could not be looked at; the next pass does", id, e);
            } finally {
                busy.remove(id);
            }
        });
    }

    /** Ends what bears our mark, is in our books, and belongs to nothing any more. What isn't in our books is left alone. */
    private void strays(World world) {
        for (Placeholder placeholder : world.placeholders().orElse(List.of())) {
            LeaseId id =
                    new LeaseId(placeholder.mark().project(), placeholder.mark().lease());
            if (placeholder.state().terminal() || busy.contains(id)) {
                continue;
            }
            Optional<LeaseRecord> lease = store.find(id);
            if (lease.isEmpty()) {
                if (strangers.add(placeholder.job())) {
                    LOG.warn(
                            "job {} bears the mark of {}, which is not in our books: left alone",
                            placeholder.job(),
                            id);
                }
            } else if (lease.get().state() instanceof Lease.Ended) {
                LOG.warn("{} ended, but job {} still bears its mark: cancelling it", id, placeholder.job());
                if (placeholders.cancel(placeholder.job()) instanceof Ending.Unknown(String why)) {
                    LOG.warn("not known whether job {} was cancelled: {}", placeholder.job(), why);
                }
            }
        }
        for (Asked asked : world.asked()) {
            LeaseId id = new LeaseId(asked.mark().project(), asked.mark().lease());
            Optional<LeaseRecord> lease = store.find(id);
            if (lease.isEmpty() || lease.get().state() instanceof Lease.Ended) {
                gate.refuse(asked, lease.isEmpty() ? GateRefusal.UNKNOWN_LEASE : GateRefusal.CANCELLED);
            }
        }
    }

    @Override
    public Pulse pulse() {
        return pulse;
    }

    @Override
    public void start() {
        Paced.super.start();
        heart.start();
    }

    @Override
    public void stop() {
        heart.close();
        Paced.super.stop();
        tasks.close();
    }
}
