package cloister.backend.lease;

import cloister.backend.project.Cvm;
import cloister.backend.project.Project;
import cloister.backend.pulse.Quiet;
import cloister.bridge.Asked;
import cloister.bridge.Ending;
import cloister.bridge.Lookup;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.Placeholders;
import cloister.broker.ReasonCode;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** One look at one lease: what happened becomes events, each event a stored step, each step's effects further events. */
@Component
class LeaseTask {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseTask.class);

    /** Events of one look: all workers of the largest lease, three times. More would be a loop without time between. */
    private static final int MOST_EVENTS = 4096;

    private final Quiet quiet = new Quiet(LOG);
    private final LeaseStore store;
    private final LeaseMoves moves;
    private final LeaseInbox inbox;
    private final LeaseEffects effects;
    private final Seating seating;
    private final HostViews hosts;
    private final Placeholders placeholders;
    private final Brake brake;

    LeaseTask(
            LeaseStore store,
            LeaseMoves moves,
            LeaseInbox inbox,
            LeaseEffects effects,
            Seating seating,
            HostViews hosts,
            Placeholders placeholders,
            Brake brake) {
        this.store = store;
        this.moves = moves;
        this.inbox = inbox;
        this.effects = effects;
        this.seating = seating;
        this.hosts = hosts;
        this.placeholders = placeholders;
        this.brake = brake;
    }

    /** What came of a look. */
    enum Outcome {
        /** Nothing was to be done: what is known of the lease is as new as it was. */
        IDLE,
        /** Something was done. */
        MOVED,
        /** The lease has ended. */
        OVER
    }

    /** Whether the operators let none of these be submitted. Asked only where one might be. */
    boolean paused(List<LeaseRecord> leases) {
        return leases.stream()
                        .anyMatch(lease ->
                                lease.state() instanceof Lease.Recorded || lease.state() instanceof Lease.Submitting)
                && brake.pausedSince().isPresent();
    }

    /**
     * Converges the lease as far as it gets.
     *
     * @param lease as it was stored at the beginning of the pass
     * @param fresh whether that and the picture of the world are newer than what was last done for this lease
     */
    Outcome run(LeaseRecord lease, World world, boolean fresh) {
        Optional<LeaseRecord> found = fresh ? Optional.of(lease) : store.find(lease.id());
        if (found.isEmpty() || found.get().state() instanceof Lease.Ended) {
            return over(lease.id());
        }
        Deque<Todo> todo = new ArrayDeque<>();
        inbox.drain(lease.id()).forEach(event -> todo.add(new Todo(event, false)));
        gather(found.get(), world, fresh).forEach(event -> todo.add(new Todo(event, true)));
        return step(found.get(), todo);
    }

    private Outcome over(LeaseId id) {
        inbox.forget(id);
        hosts.forget(id);
        return Outcome.OVER;
    }

    /**
     * What happened.
     *
     * @param again whether the next look finds it anew: then it is not worth a transaction where it changes nothing by the state
     *     that we know
     */
    private record Todo(Lease.Event event, boolean again) {}

    private Outcome step(LeaseRecord lease, Deque<Todo> todo) {
        Lease known = lease.state();
        Outcome outcome = Outcome.IDLE;
        for (int count = 0; count < MOST_EVENTS && !todo.isEmpty(); count++) {
            Todo next = todo.remove();
            if (next.again() && moves.idle(known, next.event())) {
                continue;
            }
            LeaseMoves.Moved moved = moves.on(lease.id(), next.event());
            if (moved == null) {
                return over(lease.id());
            }
            outcome = Outcome.MOVED;
            known = moved.next();
            count(moved);
            effects.apply(moved.lease(), moved.effects()).forEach(event -> todo.add(new Todo(event, false)));
            if (known instanceof Lease.Ended) {
                return over(lease.id());
            }
        }
        return outcome;
    }

    private void count(LeaseMoves.Moved moved) {
        if (moved.next() instanceof Lease.Running && moved.lease().state() instanceof Lease.Starting) {
            brake.breaker().succeeded();
        }
        if (moved.next() instanceof Lease.Clearing clearing && moved.lease().state() instanceof Lease.Starting) {
            boolean failed = switch (clearing.verdict()) {
                case Verdict.Again _ -> true;
                case Verdict.Finish(ReasonCode reason) -> reason == ReasonCode.BOOT_FAILED;
                case Verdict.AsTheClusterSays() -> false;
            };
            if (failed) {
                brake.breaker().failed(moves.now());
            }
        }
    }

    private List<Lease.Event> gather(LeaseRecord lease, World world, boolean fresh) {
        List<Lease.Event> todo = new ArrayList<>();
        Instant now = moves.now();
        if (orphaned(lease, world)) {
            todo.add(new Lease.Event.ReleaseAsked(now, ReasonCode.RELEASED));
        }
        if (fresh && world.told(Views.job(lease.state()))) {
            observe(lease, world, now, todo);
        }
        if (fresh && lease.state() instanceof Lease.Running running) {
            HostViews.Found found = world.hosts().at(lease.id(), running);
            found.missing().forEach(k -> todo.add(new Lease.Event.Lost(now, k)));
            found.lost().forEach(host -> todo.add(new Lease.Event.HostLost(now, host)));
        }
        boolean held = lease.state() instanceof Lease.Recorded
                && (world.paused() || brake.breaker().open(now));
        todo.add(held ? new Lease.Event.Paused() : new Lease.Event.Tick(now));
        return todo;
    }

    /**
     * Whether nobody will come for its workers: the project's CVM was taken away with what it knew, or it is off and there are
     * none yet. What runs goes on without its CVM until its term ends.
     */
    private static boolean orphaned(LeaseRecord lease, World world) {
        return switch (world.project(lease.id().project()).map(Project::cvm).orElse(null)) {
            case null -> true;
            case Cvm.Starting _, Cvm.Up _ -> false;
            case Cvm.Stopping(var _, var _, Cvm.Drive drive) -> forsaken(lease, drive);
            case Cvm.Off(var _, Cvm.Drive drive) -> forsaken(lease, drive);
        };
    }

    private static boolean forsaken(LeaseRecord lease, Cvm.Drive drive) {
        return drive instanceof Cvm.Drive.Blank || !(lease.state() instanceof Lease.Running);
    }

    private void observe(LeaseRecord lease, World world, Instant now, List<Lease.Event> todo) {
        OptionalInt attempt = Views.attempt(lease.state());
        if (attempt.isEmpty()) {
            return;
        }
        Mark mark = new Mark(lease.id().project(), lease.id().lease(), attempt.getAsInt());
        List<Placeholder> known = world.placeholders(lease.id());
        Optional<Placeholder> own = Views.job(lease.state()).isPresent()
                ? known.stream()
                        .filter(placeholder -> placeholder.mark().equals(mark)
                                && placeholder.job() == Views.job(lease.state()).getAsLong())
                        .findFirst()
                : world.of(lease.id(), mark);
        for (Asked asked : world.asked(lease.id())) {
            if (asked.mark().equals(mark)) {
                seating.seat(lease, asked, own, now).ifPresent(todo::add);
            } else {
                effects.superseded(asked);
            }
        }
        if (own.isPresent()) {
            todo.add(new Lease.Event.Seen(now, own.get()));
        } else if (!(world.paused() && lease.state() instanceof Lease.Submitting)) {
            // What is thought lost would be submitted again.
            unseen(lease.state(), mark, now).ifPresent(todo::add);
        }
        strays(lease, known, own);
    }

    /** slurmctld doesn't list it: before that is believed of a job that existed, the accounting is asked. */
    private Optional<Lease.Event> unseen(Lease state, Mark mark, Instant now) {
        OptionalLong job = Views.job(state);
        if (job.isEmpty()) {
            return Optional.of(new Lease.Event.Absent(now));
        }
        return switch (placeholders.observe(job.getAsLong(), mark)) {
            case Lookup.Found(Placeholder placeholder) -> Optional.of(new Lease.Event.Seen(now, placeholder));
            case Lookup.Absent() -> Optional.of(new Lease.Event.Absent(now));
            case Lookup.Unknown(String why) -> {
                quiet.trouble("Slurm does not say what became of job " + job.getAsLong(), why);
                yield Optional.empty();
            }
        };
    }

    /** A second placeholder of the same lease: a submission that was thought lost, or an earlier attempt. */
    private void strays(LeaseRecord lease, List<Placeholder> known, Optional<Placeholder> own) {
        for (Placeholder placeholder : known) {
            boolean stray = !placeholder.state().terminal()
                    && own.map(mine -> mine.job() != placeholder.job()).orElse(true);
            if (stray) {
                LOG.warn("job {} is not the placeholder of {}: cancelling it", placeholder.job(), lease.id());
                if (placeholders.cancel(placeholder.job(), placeholder.mark()) instanceof Ending.Unknown(String why)) {
                    LOG.warn("not known whether job {} was cancelled: {}", placeholder.job(), why);
                }
            }
        }
    }
}
