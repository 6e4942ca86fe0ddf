package cloister.backend.lease;

import cloister.backend.host.Placement;
import cloister.backend.machine.Machine;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.MachineSettings;
import cloister.backend.machine.Machines;
import cloister.backend.pulse.Quiet;
import cloister.bridge.Adjustment;
import cloister.bridge.Asked;
import cloister.bridge.Ending;
import cloister.bridge.Gate;
import cloister.bridge.GateRefusal;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.Placeholders;
import cloister.bridge.Refusal;
import cloister.bridge.Submission;
import cloister.broker.LeaseRequest;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;

/** Does outside what a step asks for, in its order; machines of one rank at the same time. */
@Component
class LeaseEffects {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseEffects.class);

    private final Quiet quiet = new Quiet(LOG);
    private final Placeholders placeholders;
    private final Gate gate;
    private final Machines machines;
    private final LeaseMoves moves;
    private final Placing placing;
    private final Duration grace;
    private final Optional<Duration> warning;
    private final NodeLoss nodeLoss;
    private final int overheadMib;
    private final ApplicationEventPublisher publisher;

    LeaseEffects(
            Placeholders placeholders,
            Gate gate,
            Machines machines,
            LeaseMoves moves,
            Placing placing,
            LeaseConfig config,
            MachineSettings settings,
            ApplicationEventPublisher publisher) {
        this.publisher = publisher;
        this.placeholders = placeholders;
        this.gate = gate;
        this.machines = machines;
        this.moves = moves;
        this.placing = placing;
        this.grace = config.grace();
        this.warning = Optional.of(config.warning()).filter(Duration::isPositive);
        this.nodeLoss = config.nodeLoss();
        this.overheadMib = settings.memoryOverheadMib();
    }

    /** What came of it. An answer that did not come is no event: the next look tries again. */
    List<Lease.Event> apply(LeaseRecord lease, List<Lease.Effect> effects) {
        List<Lease.Event> events = new ArrayList<>();
        int next = 0;
        while (next < effects.size()) {
            int rank = effects.get(next).rank();
            List<Lease.Effect> same = effects.subList(next, effects.size()).stream()
                    .takeWhile(effect -> effect.rank() == rank)
                    .toList();
            events.addAll(together(lease, same));
            next += same.size();
        }
        return events;
    }

    private List<Lease.Event> together(LeaseRecord lease, List<Lease.Effect> effects) {
        if (effects.size() == 1) {
            return apply(lease, effects.getFirst()).stream().toList();
        }
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Optional<Lease.Event>>> running = effects.stream()
                    .map(effect -> each.submit(() -> apply(lease, effect)))
                    .toList();
            List<Lease.Event> events = new ArrayList<>();
            for (Future<Optional<Lease.Event>> one : running) {
                one.get().ifPresent(events::add);
            }
            return events;
        } catch (ExecutionException e) {
            throw new IllegalStateException("an effect of " + lease.id() + " failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private Optional<Lease.Event> apply(LeaseRecord lease, Lease.Effect effect) {
        return switch (effect) {
            case Lease.Effect.Destroy(Seat.Leaving seat) -> destroy(lease, seat);
            case Lease.Effect.Start(Hold hold, Seat.Booting seat) -> start(lease, hold, seat);
            case Lease.Effect.Move(Seat.Ready seat, Instant endsAt) -> {
                told(machines.moveEnd(seat.host(), id(lease, seat), endsAt), "the end of " + id(lease, seat));
                yield Optional.empty();
            }
            case Lease.Effect.Pause(List<Seat.Ready> seats) -> {
                seats.forEach(
                        seat -> told(machines.pause(seat.host(), id(lease, seat)), "a pause of " + id(lease, seat)));
                yield Optional.empty();
            }
            case Lease.Effect.Resume(List<Seat.Ready> seats) ->
                seats.stream()
                                .filter(seat -> !told(
                                        machines.resume(seat.host(), id(lease, seat)),
                                        "that " + id(lease, seat) + " goes on"))
                                .findAny()
                                .isEmpty()
                        ? Optional.of(new Lease.Event.Resumed())
                        : Optional.empty();
            case Lease.Effect.Settle(Hold hold) -> {
                // Any change is saved within seconds; the limit stays as it is.
                adjusted(hold.job(), placeholders.extend(hold.job(), mark(lease, hold.attempt()), hold.limit()));
                yield Optional.empty();
            }
            case Lease.Effect.Extend(Hold hold) -> extend(lease, hold);
            case Lease.Effect.Shrink(Hold hold, Set<String> hosts) -> {
                adjusted(hold.job(), placeholders.shrink(hold.job(), mark(lease, hold.attempt()), hosts));
                yield Optional.empty();
            }
            case Lease.Effect.Go(Hold hold) -> atGate(() -> gate.go(asked(lease, hold)));
            case Lease.Effect.Refuse(Hold hold) ->
                atGate(() -> gate.refuse(asked(lease, hold), GateRefusal.WORKER_FAILED));
            case Lease.Effect.End(long job) -> {
                announceEnd(lease, job);
                yield ended(job, placeholders.end(job, own(lease)));
            }
            case Lease.Effect.Cancel(long job) -> {
                announceEnd(lease, job);
                yield ended(job, placeholders.cancel(job, own(lease)));
            }
            case Lease.Effect.Forget(Hold hold) -> atGate(() -> gate.forget(asked(lease, hold)));
            case Lease.Effect.Submit(int attempt) -> submit(lease, attempt);
        };
    }

    /** Whoever keeps accounts writes them before the placeholder ends; what they can't write keeps no host busy. */
    private void announceEnd(LeaseRecord lease, long job) {
        Optional<Hold> hold = Views.hold(lease.state());
        if (hold.isEmpty() || hold.get().job() != job) {
            return;
        }
        try {
            publisher.publishEvent(new PlaceholderEnding(
                    lease.id(),
                    hold.get().attempt(),
                    job,
                    hold.get().submitted(),
                    lease.wish().gpus()));
        } catch (RuntimeException e) {
            LOG.error("the end of job {} was told to nobody", job, e);
        }
    }

    private static MachineId id(LeaseRecord lease, Seat seat) {
        return new MachineId(lease.id().project(), lease.id().lease(), seat.k());
    }

    /** Whether a host has done it. A machine that is gone is found to be so by others. */
    private boolean told(Machines.Change change, String what) {
        return switch (change) {
            case Machines.Change.Done() -> true;
            case Machines.Change.Gone() -> true;
            case Machines.Change.Unknown(String why) -> {
                quiet.trouble("not known whether its host knows " + what, why);
                yield false;
            }
        };
    }

    private Optional<Lease.Event> extend(LeaseRecord lease, Hold hold) {
        Adjustment adjustment = placeholders.extend(hold.job(), mark(lease, hold.attempt()), hold.limit());
        adjusted(hold.job(), adjustment);
        return switch (adjustment) {
            case Adjustment.Denied _, Adjustment.Refused _ -> Optional.of(new Lease.Event.TimeRefused());
            case Adjustment.Done _, Adjustment.AlreadyGone _, Adjustment.Unknown _ -> Optional.empty();
        };
    }

    private void adjusted(long job, Adjustment adjustment) {
        switch (adjustment) {
            case Adjustment.Done _, Adjustment.AlreadyGone _ -> {}
            case Adjustment.Denied(String text) -> quiet.trouble("Slurm does not let us change job " + job, text);
            case Adjustment.Refused(String text) -> quiet.trouble("Slurm will not change job " + job, text);
            case Adjustment.Unknown(String why) -> quiet.trouble("not known whether Slurm changed job " + job, why);
        }
    }

    /** A question of an attempt that is not the lease's any more. */
    void superseded(Asked asked) {
        atGate(() -> gate.refuse(asked, GateRefusal.SUPERSEDED));
    }

    private static Optional<Lease.Event> atGate(Runnable action) {
        try {
            action.run();
        } catch (UncheckedIOException e) {
            LOG.error("the gate's folder can't be written: {}", e.getMessage());
        }
        return Optional.empty();
    }

    private static Asked asked(LeaseRecord lease, Hold hold) {
        return new Asked(mark(lease, hold.attempt()), hold.job(), hold.restart(), hold.nodes());
    }

    private static Mark mark(LeaseRecord lease, int attempt) {
        return new Mark(lease.id().project(), lease.id().lease(), attempt);
    }

    /** The mark of the attempt under way: a step ends no placeholder but that of the state that it leaves. */
    private static Mark own(LeaseRecord lease) {
        int attempt = Views.attempt(lease.state())
                .orElseThrow(
                        () -> new IllegalStateException(lease.id() + " has no attempt under way: " + lease.state()));
        return mark(lease, attempt);
    }

    private Optional<Lease.Event> destroy(LeaseRecord lease, Seat.Leaving seat) {
        MachineId id = new MachineId(lease.id().project(), lease.id().lease(), seat.k());
        return switch (machines.destroy(seat.host(), id)) {
            case Machines.Stop.Gone() -> Optional.of(new Lease.Event.Destroyed(moves.now(), seat.k()));
            case Machines.Stop.Unknown(String why) -> {
                quiet.trouble("not known whether " + id + " on " + seat.host() + " is gone", why);
                yield Optional.empty();
            }
        };
    }

    private Optional<Lease.Event> start(LeaseRecord lease, Hold hold, Seat.Booting seat) {
        return switch (placing.place(lease, hold, seat)) {
            case Placing.Place.At(Optional<Placement> place) -> start(lease, hold, seat, place);
            case Placing.Place.Refused(String why) -> {
                LOG.error("{} cannot be placed: {}", id(lease, seat), why);
                yield Optional.of(new Lease.Event.Lost(moves.now(), seat.k()));
            }
            case Placing.Place.Unknown(String why) -> {
                quiet.trouble("Slurm does not say what it gave " + id(lease, seat), why);
                yield Optional.empty();
            }
        };
    }

    private Optional<Lease.Event> start(LeaseRecord lease, Hold hold, Seat.Booting seat, Optional<Placement> place) {
        LeaseRequest wish = lease.wish();
        MachineId id = id(lease, seat);
        Machine.Worker worker = new Machine.Worker(
                id,
                seat.host(),
                seat.address(),
                hold.attempt(),
                hold.job(),
                hold.submitted(),
                wish.cpus(),
                wish.memMiB(),
                wish.scratchMiB(),
                hold.endsAt(),
                lease.cvm().base64(),
                place);
        return switch (machines.start(worker)) {
            case Machines.Start.Started() -> Optional.empty();
            case Machines.Start.Refused(String why) -> {
                LOG.error("{} refused to start {}: {}", seat.host(), id, why);
                yield Optional.of(new Lease.Event.Lost(moves.now(), seat.k()));
            }
            case Machines.Start.Unknown(String why) -> {
                quiet.trouble("not known whether " + seat.host() + " starts " + id, why);
                yield Optional.empty();
            }
        };
    }

    private Optional<Lease.Event> ended(long job, Ending ending) {
        if (ending instanceof Ending.Unknown(String why)) {
            quiet.trouble("not known whether job " + job + " was ended", why);
        }
        return Optional.empty();
    }

    private Optional<Lease.Event> submit(LeaseRecord lease, int attempt) {
        LeaseRequest wish = lease.wish();
        PlaceholderRequest request = new PlaceholderRequest(
                mark(lease, attempt),
                "p" + lease.id().project(),
                "m" + wish.member(),
                wish.workers(),
                wish.cpus(),
                wish.memMiB() + overheadMib,
                Duration.ofMinutes(lease.termMin()).plus(grace),
                lease.spread(),
                warning,
                placing.gpus(wish),
                nodeLoss == NodeLoss.SHRINK && wish.workers() > 1);
        return switch (placeholders.submit(request)) {
            case Submission.Placed(long job) -> {
                Instant now = moves.now();
                yield Optional.of(new Lease.Event.Placed(now, job));
            }
            case Submission.Refused(Refusal code, String text) -> {
                if (code == Refusal.ACCOUNT || code == Refusal.WCKEY) {
                    quiet.trouble(lease.id() + " waits for the site's accounting to know its project", text);
                    yield Optional.of(new Lease.Event.TooEarly(moves.now()));
                }
                LOG.error("Slurm refuses {}: {} ({})", lease.id(), code, text);
                yield Optional.of(new Lease.Event.Refused());
            }
            case Submission.Unknown(String why) -> {
                LOG.warn("not known whether Slurm took {}; it is looked for: {}", lease.id(), why);
                yield Optional.empty();
            }
        };
    }
}
