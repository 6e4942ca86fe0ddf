package cloister.backend.lease;

import static cloister.backend.lease.Seats.anyLives;
import static cloister.backend.lease.Seats.booting;
import static cloister.backend.lease.Seats.destroys;
import static cloister.backend.lease.Seats.gone;
import static cloister.backend.lease.Seats.heard;
import static cloister.backend.lease.Seats.leaving;
import static cloister.backend.lease.Seats.lives;
import static cloister.backend.lease.Seats.speaksFalsely;

import cloister.backend.lease.Lease.Clearing;
import cloister.backend.lease.Lease.Closing;
import cloister.backend.lease.Lease.Effect;
import cloister.backend.lease.Lease.Ended;
import cloister.backend.lease.Lease.Event;
import cloister.backend.lease.Lease.Queued;
import cloister.backend.lease.Lease.Recorded;
import cloister.backend.lease.Lease.Running;
import cloister.backend.lease.Lease.Starting;
import cloister.backend.lease.Lease.Step;
import cloister.backend.lease.Lease.Submitting;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.broker.ReasonCode;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The moves of {@link Lease}: one method for each state, one branch for each event. */
record LeaseSteps(Rules rules) {
    Step on(Lease lease, Event event) {
        return switch (lease) {
            case Recorded state -> recorded(state, event);
            case Submitting state -> submitting(state, event);
            case Queued state -> queued(state, event);
            case Starting state -> starting(state, event);
            case Running state -> running(state, event);
            case Clearing state -> clearing(state, event);
            case Closing state -> closing(state, event);
            case Ended state -> to(state);
        };
    }

    private Step recorded(Recorded state, Event event) {
        return switch (event) {
            case Event.Tick(Instant at) -> at.isBefore(state.notBefore()) ? to(state) : submit(at, state.attempt());
            case Event.Paused() -> to(new Recorded(state.attempt(), state.notBefore(), ReasonCode.QUEUED_PAUSED));
            case Event.ReleaseAsked(var _, ReasonCode reason) -> to(new Ended(reason));
            case Event.Placed _, Event.Refused _, Event.Seen _, Event.Absent _, Event.Asked _, Event.Misfit _ ->
                to(state);
            case Event.Heard _, Event.Lost _, Event.Destroyed _, Event.WorkerReleased _ -> to(state);
            case Event.MoreTime _, Event.TimeRefused _, Event.Resumed _, Event.TooEarly _ -> to(state);
        };
    }

    private Step submit(Instant at, int attempt) {
        return to(new Submitting(attempt, at.plus(rules.settle())), new Effect.Submit(attempt));
    }

    private Step submitting(Submitting state, Event event) {
        return switch (event) {
            case Event.Placed(var _, long job) ->
                to(new Queued(state.attempt(), job, ReasonCode.QUEUED_OTHER, Optional.empty()));
            case Event.Refused _ -> to(new Ended(ReasonCode.REFUSED_BY_CLUSTER));
            case Event.TooEarly(Instant at) ->
                to(new Recorded(state.attempt(), at.plus(rules.backoff()), ReasonCode.QUEUED_ACCOUNT));
            case Event.Seen(var _, Placeholder seen) ->
                queued(new Queued(state.attempt(), seen.job(), ReasonCode.QUEUED_OTHER, Optional.empty()), event);
            case Event.Absent(Instant at) -> at.isBefore(state.settled()) ? to(state) : submit(at, state.attempt());
            case Event.Asked(Instant at, Hold hold, List<Seat> seats) -> seated(state, at, hold, seats);
            case Event.Misfit(Instant at, Hold hold) -> clear(at, hold, false, List.of(), next(at, hold.attempt()));
            case Event.ReleaseAsked(var _, ReasonCode reason) ->
                to(new Closing(
                        state.attempt(),
                        OptionalLong.empty(),
                        Optional.empty(),
                        new Verdict.Finish(reason),
                        state.settled()));
            case Event.Tick _, Event.Heard _, Event.Lost _, Event.Destroyed _, Event.WorkerReleased _ -> to(state);
            case Event.MoreTime _, Event.TimeRefused _, Event.Resumed _, Event.Paused _ -> to(state);
        };
    }

    private Step queued(Queued state, Event event) {
        return switch (event) {
            case Event.Seen(Instant at, Placeholder seen) ->
                switch (seen.state()) {
                    case PENDING, CONFIGURING, SUSPENDED -> waiting(at, state, seen);
                    // It got past the gate without us: there is nothing for it to hold.
                    case RUNNING ->
                        close(at, state, new Verdict.Finish(ReasonCode.CLUSTER_FAILED), new Effect.End(state.job()));
                    case COMPLETING -> to(state);
                    case COMPLETED, FAILED, CANCELLED, TIMEOUT, NODE_FAIL -> to(new Ended(Cluster.ended(seen.state())));
                    case PREEMPTED, OUT_OF_MEMORY, DEADLINE, BOOT_FAIL -> to(new Ended(Cluster.ended(seen.state())));
                    case LOST -> forgotten(at, state.attempt());
                };
            case Event.Absent(Instant at) -> forgotten(at, state.attempt());
            case Event.Asked(Instant at, Hold hold, List<Seat> seats) -> seated(state, at, hold, seats);
            case Event.Misfit(Instant at, Hold hold) -> clear(at, hold, false, List.of(), next(at, hold.attempt()));
            case Event.ReleaseAsked(Instant at, ReasonCode reason) ->
                close(at, state, new Verdict.Finish(reason), new Effect.Cancel(state.job()));
            case Event.Tick _, Event.Placed _, Event.Refused _ -> to(state);
            case Event.Heard _, Event.Lost _, Event.Destroyed _, Event.WorkerReleased _ -> to(state);
            case Event.MoreTime _, Event.TimeRefused _, Event.Resumed _, Event.TooEarly _, Event.Paused _ -> to(state);
        };
    }

    private Step waiting(Instant at, Queued state, Placeholder seen) {
        if (seen.impossible()) {
            return close(at, state, new Verdict.Finish(ReasonCode.REFUSED_BY_CLUSTER), new Effect.Cancel(state.job()));
        }
        return Cluster.gateFailed(seen)
                ? close(at, state, next(at, state.attempt()), new Effect.Cancel(state.job()))
                : to(new Queued(state.attempt(), state.job(), Cluster.waits(seen.reason()), seen.expectedStart()));
    }

    /** slurmctld forgets in a crash what it took within the last seconds: it never started, so it is submitted anew. */
    private Step forgotten(Instant at, int attempt) {
        return to(
                attempt < rules.attempts()
                        ? new Recorded(attempt + 1, at, ReasonCode.QUEUED_OTHER)
                        : new Ended(ReasonCode.CLUSTER_FAILED));
    }

    private Step close(Instant at, Queued state, Verdict verdict, Effect effect) {
        OptionalLong job = OptionalLong.of(state.job());
        return to(new Closing(state.attempt(), job, Optional.empty(), verdict, at.plus(rules.endLimit())), effect);
    }

    private Step seated(Lease before, Instant at, Hold hold, List<Seat> seats) {
        return seats.isEmpty() ? to(before) : converge(new Starting(hold, at.plus(rules.bootLimit()), seats));
    }

    private Step starting(Starting state, Event event) {
        return switch (event) {
            case Event.Tick(Instant at) -> at.isBefore(state.deadline()) ? converge(state) : startAnew(at, state);
            case Event.Heard(Instant at, int k, Spki key) ->
                speaksFalsely(state.seats(), k, key)
                        ? startAnew(at, state)
                        : converge(new Starting(state.hold(), state.deadline(), heard(state.seats(), k, key)));
            case Event.Lost(Instant at, int k) -> lives(state.seats(), k) ? startAnew(at, state) : to(state);
            case Event.Destroyed(Instant at, int k) -> wanted(at, state, gone(state.seats(), k));
            case Event.WorkerReleased(Instant at, int k) -> wanted(at, state, leaving(state.seats(), k));
            case Event.Seen(Instant at, Placeholder seen) ->
                switch (seen.state()) {
                    case PENDING -> Cluster.putBack(seen, state.hold()) ? startAnew(at, state) : to(state);
                    case CONFIGURING, SUSPENDED -> to(state);
                    case RUNNING ->
                        booting(state.seats())
                                ? to(state)
                                : to(
                                        new Running(state.hold(), state.seats(), ReasonCode.NONE),
                                        new Effect.Settle(state.hold()));
                    case COMPLETING, COMPLETED, FAILED, CANCELLED, TIMEOUT, NODE_FAIL ->
                        clear(at, state, state.seats(), Cluster.over(seen));
                    case PREEMPTED, OUT_OF_MEMORY, DEADLINE, BOOT_FAIL ->
                        clear(at, state, state.seats(), Cluster.over(seen));
                    // It never ran: slurmctld forgot it in a crash.
                    case LOST -> startAnew(at, state);
                };
            case Event.Absent(Instant at) -> startAnew(at, state);
            case Event.Asked(Instant at, Hold hold, var _) ->
                same(state.hold(), hold) ? to(state) : startAnew(at, state);
            case Event.Misfit(Instant at, var _) -> startAnew(at, state);
            case Event.ReleaseAsked(Instant at, ReasonCode reason) ->
                clear(at, state, state.seats(), new Verdict.Finish(reason));
            case Event.Placed _, Event.Refused _ -> to(state);
            case Event.MoreTime _, Event.TimeRefused _, Event.Resumed _, Event.TooEarly _, Event.Paused _ -> to(state);
        };
    }

    private Step converge(Starting state) {
        List<Effect> effects = new ArrayList<>();
        for (Seat seat : state.seats()) {
            switch (seat) {
                case Seat.Booting booting -> effects.add(new Effect.Start(state.hold(), booting));
                case Seat.Leaving leaving -> effects.add(new Effect.Destroy(leaving));
                case Seat.Ready _, Seat.Gone _ -> {}
            }
        }
        if (!booting(state.seats())) {
            effects.add(new Effect.Go(state.hold()));
        }
        return new Step(state, effects);
    }

    private Step wanted(Instant at, Starting state, List<Seat> seats) {
        return anyLives(seats)
                ? converge(new Starting(state.hold(), state.deadline(), seats))
                : clear(at, state, seats, new Verdict.Finish(ReasonCode.RELEASED));
    }

    private Step startAnew(Instant at, Starting state) {
        return clear(at, state, state.seats(), next(at, state.hold().attempt()));
    }

    private Verdict next(Instant at, int attempt) {
        return attempt >= rules.attempts()
                ? new Verdict.Finish(ReasonCode.BOOT_FAILED)
                : new Verdict.Again(at.plus(rules.backoff().multipliedBy(1L << (attempt - 1))));
    }

    private Step running(Running state, Event event) {
        return switch (event) {
            case Event.Tick(Instant at) ->
                at.isBefore(state.hold().endsAt())
                        ? new Step(state, destroys(state.seats()))
                        : clear(at, state, state.seats(), RunningSteps.atItsEnd(state));
            case Event.Heard(Instant at, int k, Spki key) ->
                speaksFalsely(state.seats(), k, key) ? lost(at, state, k) : to(state);
            case Event.Lost(Instant at, int k) -> lives(state.seats(), k) ? lost(at, state, k) : to(state);
            case Event.Destroyed(Instant at, int k) -> fewer(at, state, gone(state.seats(), k), state.note());
            case Event.WorkerReleased(Instant at, int k) -> fewer(at, state, leaving(state.seats(), k), state.note());
            case Event.Seen(Instant at, Placeholder seen) ->
                switch (seen.state()) {
                    // CONFIGURING: slurmctld came back and asks at the gate again; the answer stands there.
                    case RUNNING, SUSPENDED, CONFIGURING -> RunningSteps.seen(state, seen);
                    // It was put back into the queue: the hosts are not ours any more.
                    case PENDING -> clear(at, state, state.seats(), new Verdict.Finish(ReasonCode.HOST_LOST));
                    case COMPLETING, COMPLETED, FAILED, CANCELLED, TIMEOUT, NODE_FAIL -> outlived(at, state, seen);
                    case PREEMPTED, OUT_OF_MEMORY, DEADLINE, BOOT_FAIL, LOST -> outlived(at, state, seen);
                };
            case Event.Absent(Instant at) -> clear(at, state, state.seats(), new Verdict.AsTheClusterSays());
            case Event.Asked(Instant at, Hold hold, var _) ->
                same(state.hold(), hold)
                        ? to(state, new Effect.Go(state.hold()))
                        : clear(at, state, state.seats(), new Verdict.Finish(ReasonCode.HOST_LOST));
            case Event.Misfit(Instant at, var _) ->
                clear(at, state, state.seats(), new Verdict.Finish(ReasonCode.HOST_LOST));
            case Event.ReleaseAsked(Instant at, ReasonCode reason) ->
                clear(at, state, state.seats(), new Verdict.Finish(reason));
            case Event.MoreTime(var _, Duration limit) -> RunningSteps.moreTime(state, limit);
            case Event.TimeRefused() -> to(state.with(state.hold(), Optional.empty()));
            case Event.Resumed() -> to(state.paused(false));
            case Event.Placed _, Event.Refused _, Event.TooEarly _, Event.Paused _ -> to(state);
        };
    }

    private Step lost(Instant at, Running state, int k) {
        return fewer(at, state, leaving(state.seats(), k), ReasonCode.WORKER_LOST);
    }

    private Step fewer(Instant at, Running state, List<Seat> seats, ReasonCode note) {
        if (anyLives(seats)) {
            return new Step(state.with(seats, note), destroys(seats));
        }
        ReasonCode reason = note == ReasonCode.WORKER_LOST ? note : ReasonCode.RELEASED;
        return clear(at, state, seats, new Verdict.Finish(reason));
    }

    /** The placeholder is over though we did not end it. */
    private Step outlived(Instant at, Running state, Placeholder seen) {
        return clear(at, state, state.seats(), Cluster.over(seen));
    }

    private Step clear(Instant at, Starting state, List<Seat> seats, Verdict verdict) {
        return clear(at, state.hold(), false, seats, verdict);
    }

    private Step clear(Instant at, Running state, List<Seat> seats, Verdict verdict) {
        return clear(at, state.hold(), true, seats, verdict);
    }

    private Step clear(Instant at, Hold hold, boolean ran, List<Seat> seats, Verdict verdict) {
        Instant last = hold.endsAt().isAfter(at) ? hold.endsAt() : at;
        List<Seat> leaving = seats.stream().map(Seat::leaving).toList();
        return cleared(at, new Clearing(hold, ran, leaving, verdict, last.plus(rules.clearLimit())));
    }

    private Step cleared(Instant at, Clearing state) {
        if (state.seats().stream().allMatch(Seat.Gone.class::isInstance)) {
            return closeHeld(at, state);
        }
        return new Step(state, destroys(state.seats()));
    }

    private Step closeHeld(Instant at, Clearing state) {
        Hold hold = state.hold();
        return to(
                new Closing(
                        hold.attempt(),
                        OptionalLong.of(hold.job()),
                        Optional.of(hold),
                        state.verdict(),
                        at.plus(rules.endLimit())),
                new Effect.Refuse(hold),
                state.ran() ? new Effect.End(hold.job()) : new Effect.Cancel(hold.job()));
    }

    private Step clearing(Clearing state, Event event) {
        return switch (event) {
            case Event.Tick(Instant at) -> cleared(at, state);
            case Event.Destroyed(Instant at, int k) ->
                cleared(
                        at,
                        new Clearing(
                                state.hold(), state.ran(), gone(state.seats(), k), state.verdict(), state.giveUp()));
            case Event.ReleaseAsked(var _, ReasonCode reason) ->
                to(new Clearing(
                        state.hold(), state.ran(), state.seats(), released(state.verdict(), reason), state.giveUp()));
            // The hosts' own guards have seen to its machines before Slurm calls a placeholder over.
            case Event.Seen(Instant at, Placeholder seen) ->
                seen.state().terminal() && at.isAfter(state.giveUp()) ? closeHeld(at, state) : to(state);
            case Event.Absent(Instant at) -> at.isAfter(state.giveUp()) ? closeHeld(at, state) : to(state);
            case Event.Placed _, Event.Refused _, Event.Asked _, Event.Misfit _ -> to(state);
            case Event.Heard _, Event.Lost _, Event.WorkerReleased _ -> to(state);
            case Event.MoreTime _, Event.TimeRefused _, Event.Resumed _, Event.TooEarly _, Event.Paused _ -> to(state);
        };
    }

    private Step closing(Closing state, Event event) {
        return switch (event) {
            case Event.Placed(var _, long job) -> known(state, job);
            // Its question stands until Slurm takes it away: the first answer counts, and what ran ends by signal.
            case Event.Asked(var _, Hold hold, var _) ->
                state.hold().filter(own -> same(own, hold)).isPresent()
                        ? to(state, new Effect.Refuse(hold))
                        : refused(state, hold);
            case Event.Misfit(var _, Hold hold) -> refused(state, hold);
            case Event.Refused _, Event.TooEarly _ -> closed(state, Optional.empty());
            case Event.Seen(Instant at, Placeholder seen) ->
                switch (seen.state()) {
                    case RUNNING ->
                        to(
                                withJob(state, seen.job()),
                                at.isBefore(state.patience())
                                        ? new Effect.End(seen.job())
                                        : new Effect.Cancel(seen.job()));
                    case PENDING, CONFIGURING, SUSPENDED -> known(state, seen.job());
                    case COMPLETING -> to(withJob(state, seen.job()));
                    case COMPLETED, FAILED, CANCELLED, TIMEOUT, NODE_FAIL -> closed(state, Optional.of(seen.state()));
                    case PREEMPTED, OUT_OF_MEMORY, DEADLINE, BOOT_FAIL, LOST ->
                        closed(state, Optional.of(seen.state()));
                };
            case Event.Absent(Instant at) ->
                state.job().isPresent() || !at.isBefore(state.patience()) ? closed(state, Optional.empty()) : to(state);
            case Event.ReleaseAsked(var _, ReasonCode reason) ->
                to(new Closing(
                        state.attempt(),
                        state.job(),
                        state.hold(),
                        released(state.verdict(), reason),
                        state.patience()));
            case Event.Tick _, Event.Heard _, Event.Lost _, Event.Destroyed _, Event.WorkerReleased _ -> to(state);
            case Event.MoreTime _, Event.TimeRefused _, Event.Resumed _, Event.Paused _ -> to(state);
        };
    }

    private static Closing withJob(Closing state, long job) {
        return new Closing(state.attempt(), OptionalLong.of(job), state.hold(), state.verdict(), state.patience());
    }

    private static Step known(Closing state, long job) {
        List<Effect> effects = new ArrayList<>(List.of(new Effect.Cancel(job)));
        state.hold().ifPresent(hold -> effects.add(new Effect.Refuse(hold)));
        return new Step(withJob(state, job), effects);
    }

    private static Step refused(Closing state, Hold hold) {
        return known(
                new Closing(state.attempt(), state.job(), Optional.of(hold), state.verdict(), state.patience()),
                hold.job());
    }

    private static Step closed(Closing state, Optional<PlaceholderState> end) {
        Lease next = switch (state.verdict()) {
            case Verdict.Finish(ReasonCode reason) -> new Ended(reason);
            case Verdict.Again(Instant notBefore) ->
                new Recorded(state.attempt() + 1, notBefore, ReasonCode.BOOT_FAILED);
            case Verdict.AsTheClusterSays() -> new Ended(end.map(Cluster::ended).orElse(ReasonCode.CLUSTER_FAILED));
        };
        return new Step(
                next, state.hold().<Effect>map(Effect.Forget::new).stream().toList());
    }

    private static Verdict released(Verdict verdict, ReasonCode reason) {
        return switch (verdict) {
            case Verdict.Again _ -> new Verdict.Finish(reason);
            case Verdict.Finish finish -> finish;
            case Verdict.AsTheClusterSays says -> says;
        };
    }

    private static boolean same(Hold one, Hold other) {
        return one.job() == other.job()
                && one.restart() == other.restart()
                && one.nodes().equals(other.nodes());
    }

    private static Step to(Lease next, Effect... effects) {
        return new Step(next, List.of(effects));
    }
}
