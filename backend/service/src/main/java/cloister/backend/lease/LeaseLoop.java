package cloister.backend.lease;

import cloister.backend.project.Project;
import cloister.backend.project.Projects;
import cloister.backend.pulse.Paced;
import cloister.backend.pulse.Pulse;
import cloister.backend.pulse.Quiet;
import cloister.bridge.Asked;
import cloister.bridge.Ending;
import cloister.bridge.Gate;
import cloister.bridge.GateRefusal;
import cloister.bridge.Mark;
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
import java.util.function.Supplier;
import java.util.stream.Collectors;
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
    private final LeaseWake wake;
    private final HostViews hosts;
    private final Projects projects;
    private final Placeholders placeholders;
    private final Gate gate;
    private final InstantSource clock;
    private final Pulse pulse;
    private final Pulse heart;
    private final Duration interval;
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
            LeaseWake wake,
            HostViews hosts,
            Projects projects,
            Placeholders placeholders,
            Gate gate,
            InstantSource clock,
            LeaseConfig config) {
        this(
                store,
                task,
                wake,
                hosts,
                projects,
                placeholders,
                gate,
                clock,
                config,
                Executors.newVirtualThreadPerTaskExecutor());
    }

    LeaseLoop(
            LeaseStore store,
            LeaseTask task,
            LeaseWake wake,
            HostViews hosts,
            Projects projects,
            Placeholders placeholders,
            Gate gate,
            InstantSource clock,
            LeaseConfig config,
            ExecutorService tasks) {
        this.tasks = tasks;
        this.store = store;
        this.task = task;
        this.wake = wake;
        this.interval = config.pass();
        this.hosts = hosts;
        this.projects = projects;
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

    /** One look at everything; where there are but new leases, Slurm is not asked more often than without them. */
    void pass() {
        Instant before = clock.instant();
        List<LeaseWake.New> fresh = wake.onlyNew();
        if (!fresh.isEmpty() && looked.plus(interval).isAfter(before)) {
            begin(before, fresh);
            return;
        }
        List<LeaseRecord> live = store.live();
        if (live.isEmpty() && looked.plus(IDLE).isAfter(before)) {
            return;
        }
        looked = before;
        Map<Boolean, List<LeaseRecord>> leases = live.stream().collect(Collectors.partitioningBy(LeaseLoop::isNew));
        World unasked = unasked(before, live, projects.list());
        converge(leases.getOrDefault(true, List.of()), unasked);
        World world = look(unasked);
        converge(leases.getOrDefault(false, List.of()), world);
        strays(world, live);
    }

    /** Without a look at the store: that has nothing else to say of them, or another pass has taken them up already. */
    private void begin(Instant before, List<LeaseWake.New> fresh) {
        List<LeaseRecord> leases = fresh.stream()
                .map(LeaseWake.New::lease)
                .filter(lease -> !acted.containsKey(lease.id()))
                .toList();
        List<Project> theirs = fresh.stream().map(LeaseWake.New::project).toList();
        converge(leases, unasked(before, leases, theirs));
    }

    private World unasked(Instant before, List<LeaseRecord> leases, List<Project> known) {
        return World.unasked(before, known, hosts.look(), task.paused(leases));
    }

    /** Nothing of it can be in Slurm: it is submitted without waiting for what Slurm has. */
    private static boolean isNew(LeaseRecord lease) {
        return lease.state() instanceof Lease.Recorded recorded && recorded.attempt() == 1;
    }

    private void converge(List<LeaseRecord> leases, World world) {
        for (LeaseRecord lease : leases) {
            // What was done after the leases were read, or Slurm was asked, is not in the picture.
            converge(lease.id(), () -> task.run(lease, world, fresh(lease.id(), world.at())));
        }
    }

    private boolean fresh(LeaseId id, Instant before) {
        return acted.getOrDefault(id, Instant.MIN).isBefore(before);
    }

    private World look(World unasked) {
        List<Asked> asked = List.of();
        try {
            asked = gate.asked();
        } catch (UncheckedIOException e) {
            LOG.error("the gate's folder can't be read: {}", e.getMessage());
        }
        Optional<Survey.Seen> seen = switch (placeholders.list()) {
            case Survey.Seen all -> {
                quiet.fine(SLURM);
                yield Optional.of(all);
            }
            case Survey.Unknown(String why) -> {
                quiet.trouble(SLURM, why);
                yield Optional.empty();
            }
        };
        return unasked.with(seen, asked);
    }

    private void converge(LeaseId id, Supplier<LeaseTask.Outcome> look) {
        if (!busy.add(id)) {
            return;
        }
        tasks.execute(() -> {
            try {
                places.acquire();
                try {
                    switch (look.get()) {
                        case IDLE -> {}
                        case MOVED -> acted.put(id, clock.instant());
                        case OVER -> acted.remove(id);
                    }
                } finally {
                    places.release();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.error("{} could not be looked at; the next pass does", id, e);
                acted.put(id, clock.instant());
            } finally {
                busy.remove(id);
            }
        });
    }

    /** Ends what bears our mark, is in our books, and belongs to nothing any more. What isn't in our books is left alone. */
    private void strays(World world, List<LeaseRecord> live) {
        // A lease that lives sees to its own.
        Set<LeaseId> alive = live.stream().map(LeaseRecord::id).collect(Collectors.toSet());
        acted.keySet().retainAll(alive);
        Set<Long> strange = new HashSet<>();
        world.placeholders().forEach((id, marked) -> {
            List<Placeholder> left = marked.stream()
                    .filter(placeholder -> !placeholder.state().terminal())
                    .toList();
            if (left.isEmpty() || alive.contains(id) || busy.contains(id)) {
                return;
            }
            Optional<LeaseRecord> lease = store.find(id);
            if (lease.isEmpty()) {
                left.stream().map(Placeholder::job).forEach(strange::add);
                left.forEach(placeholder -> stranger(id, placeholder.job()));
            } else if (lease.get().state() instanceof Lease.Ended) {
                left.forEach(placeholder -> cancel(id, placeholder.job(), placeholder.mark()));
            }
        });
        strangers.retainAll(strange);
        world.asked().forEach((id, questions) -> {
            if (alive.contains(id)) {
                return;
            }
            Optional<LeaseRecord> lease = store.find(id);
            if (lease.isPresent() && !(lease.get().state() instanceof Lease.Ended)) {
                return;
            }
            GateRefusal why = lease.isEmpty() ? GateRefusal.UNKNOWN_LEASE : GateRefusal.CANCELLED;
            questions.forEach(asked -> gate.refuse(asked, why));
        });
    }

    private void stranger(LeaseId id, long job) {
        if (strangers.add(job)) {
            LOG.warn("job {} bears the mark of {}, which is not in our books: left alone", job, id);
        }
    }

    private void cancel(LeaseId id, long job, Mark mark) {
        LOG.warn("{} ended, but job {} still bears its mark: cancelling it", id, job);
        if (placeholders.cancel(job, mark) instanceof Ending.Unknown(String why)) {
            LOG.warn("not known whether job {} was cancelled: {}", job, why);
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
