package cloister.backend.lease;

import cloister.backend.project.Cvm;
import cloister.backend.project.Project;
import cloister.backend.project.Projects;
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
    private final Projects projects;
    private final Breaker breaker;

    LeaseTask(
            LeaseStore store,
            LeaseMoves moves,
            LeaseInbox inbox,
            LeaseEffects effects,
            Seating seating,
            HostViews hosts,
            Placeholders placeholders,
            Projects projects,
            LeaseConfig config) {
        this.store = store;
        this.moves = moves;
        this.inbox = inbox;
        this.effects = effects;
        this.seating = seating;
        this.hosts = hosts;
        this.placeholders = placeholders;
        this.projects = projects;
        this.breaker = new Breaker(config.breakerFailures(), config.breakerPause());
    }

    /**
     * Converges the lease as far as it gets.
     *
     * @param fresh whether the picture of the world is newer than what was last done for this lease
     * @return whether the lease has ended
     */
    boolean run(LeaseId id, World world, boolean fresh) {
        Optional<LeaseRecord> found = store.find(id);
        if (found.isEmpty() || found.get().state() instanceof Lease.Ended) {
            return true;
        }
        Deque<Lease.Event> todo = new ArrayDeque<>();
        gather(found.get(), world, fresh, todo);
        for (int count = 0; count < MOST_EVENTS && !todo.isEmpty(); count++) {
            LeaseMoves.Moved moved = moves.on(id, todo.remove());
            if (moved == null) {
                return true;
            }
            count(moved);
            todo.addAll(effects.apply(moved.lease(), moved.effects()));
            if (moved.next() instanceof Lease.Ended) {
                return true;
            }
        }
        return false;
    }

    private void count(LeaseMoves.Moved moved) {
        if (moved.next() instanceof Lease.Running && moved.lease().state() instanceof Lease.Starting) {
            breaker.succeeded();
        }
        if (moved.next() instanceof Lease.Clearing clearing && moved.lease().state() instanceof Lease.Starting) {
            boolean failed = switch (clearing.verdict()) {
                case Verdict.Again _ -> true;
                case Verdict.Finish(ReasonCode reason) -> reason == ReasonCode.BOOT_FAILED;
                case Verdict.AsTheClusterSays() -> false;
            };
            if (failed) {
                breaker.failed(moves.now());
            }
        }
    }

    private void gather(LeaseRecord lease, World world, boolean fresh, Deque<Lease.Event> todo) {
        Instant now = moves.now();
        todo.addAll(inbox.drain(lease.id()));
        if (orphaned(lease)) {
            todo.add(new Lease.Event.ReleaseAsked(now, ReasonCode.RELEASED));
        }
        if (fresh) {
            observe(lease, world, now, todo);
        }
        if (lease.state() instanceof Lease.Running running) {
            hosts.missing(lease.id(), running).forEach(k -> todo.add(new Lease.Event.Lost(now, k)));
        }
        if (!(lease.state() instanceof Lease.Recorded) || !breaker.open(now)) {
            todo.add(new Lease.Event.Tick(now));
        }
    }

    /** Its workers trust only the key of the CVM that asked: without that CVM nobody can use them. */
    private boolean orphaned(LeaseRecord lease) {
        Optional<Project> project = projects.find(lease.id().project());
        return !(project.isPresent()
                && project.get().cvm() instanceof Cvm.Up up
                && up.spki().equals(lease.cvm()));
    }

    private void observe(LeaseRecord lease, World world, Instant now, Deque<Lease.Event> todo) {
        OptionalInt attempt = Views.attempt(lease.state());
        if (attempt.isEmpty() || world.placeholders().isEmpty()) {
            return;
        }
        Mark mark = new Mark(lease.id().project(), lease.id().lease(), attempt.getAsInt());
        List<Placeholder> known = world.placeholders().get();
        Optional<Placeholder> own = Views.job(lease.state()).isPresent()
                ? known.stream()
                        .filter(placeholder -> placeholder.mark().equals(mark)
                                && placeholder.job() == Views.job(lease.state()).getAsLong())
                        .findFirst()
                : World.of(known, mark);
        for (Asked asked : world.asked()) {
            if (asked.mark().equals(mark)) {
                seating.seat(lease, asked, own, now).ifPresent(todo::add);
            } else if (World.marks(asked.mark(), lease.id())) {
                effects.superseded(asked);
            }
        }
        if (own.isPresent()) {
            todo.add(new Lease.Event.Seen(now, own.get()));
        } else {
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
            boolean stray = World.marks(placeholder.mark(), lease.id())
                    && !placeholder.state().terminal()
                    && own.map(mine -> mine.job() != placeholder.job()).orElse(true);
            if (stray) {
                LOG.warn("job {} is not the placeholder of {}: cancelling it", placeholder.job(), lease.id());
                if (placeholders.cancel(placeholder.job()) instanceof Ending.Unknown(String why)) {
                    LOG.warn("not known whether job {} was cancelled: {}", placeholder.job(), why);
                }
            }
        }
    }
}
