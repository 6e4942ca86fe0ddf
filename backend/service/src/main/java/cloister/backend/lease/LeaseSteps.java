package cloister.backend.lease;

import static cloister.backend.lease.Seats.anyLives;
import static cloister.backend.lease.Seats.booting;
import static cloister.backend.lease.Seats.destroys;
import static cloister.backend.lease.Seats.gone;
import static cloister.backend.lease.Seats.heard;
import static cloister.backend.lease.Seats.leaving;
import static cloister.backend.lease.Seats.lives;
import static cloister.backend.lease.Seats.speaksFalsely;
import static cloister.backend.lease.Seats.stranded;

import cloister.backend.lease.Lease.Abandoning;
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
import cloister.broker.ReasonCode;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The moves of {@link Lease}: one method for each state, one branch for each event. */
record LeaseSteps(Rules rules, EndingSteps ending) {
    LeaseSteps(Rules rules) {
        this(rules, new EndingSteps(rules));
    }

    Step on(Lease lease, Event event) {
        return switch (lease) {
            case Recorded state -> recorded(state, event);
            case Submitting state -> submitting(state, event);
            case Queued state -> queued(state, event);
            case Starting state -> starting(state, event);
            case Running state -> running(state, event);
            case Clearing state -> ending.on(state, event);
            case Abandoning state -> ending.on(state, event);
            case Closing state -> ending.on(state, event);
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
            case Event.Heard _, Event.Lost _, Event.HostLost _, Event.Destroyed _, Event.WorkerReleased _ -> to(state);
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
            case Event.Tick _,
                    Event.Heard _,
                    Event.Lost _,
                    Event.HostLost _,
                    Event.Destroyed _,
                    Event.WorkerReleased _ -> to(state);
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
            case Event.Heard _, Event.Lost _, Event.HostLost _, Event.Destroyed _, Event.WorkerReleased _ -> to(state);
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
                    // Without an outcome it goes back to the queue, as when its gate failed.
                    case COMPLETING ->
                        seen.end().isPresent()
                                ? clear(at, state, state.seats(), Cluster.over(seen))
                                : startAnew(at, state);
                    case COMPLETED, FAILED, CANCELLED, TIMEOUT, NODE_FAIL ->
                        clear(at, state, state.seats(), Cluster.over(seen));
                    case PREEMPTED, OUT_OF_MEMORY, DEADLINE, BOOT_FAIL ->
                        clear(at, state, state.seats(), Cluster.over(seen));
                    // It never ran: slurmctld forgot it in a crash.
                    case LOST -> startAnew(at, state);
                };
            case Event.Absent(Instant at) -> startAnew(at, state);
            case Event.Asked(Instant at, Hold hold, var _) ->
                state.hold().same(hold) ? to(state) : startAnew(at, state);
            case Event.Misfit(Instant at, var _) -> startAnew(at, state);
            case Event.ReleaseAsked(Instant at, ReasonCode reason) ->
                clear(at, state, state.seats(), new Verdict.Finish(reason));
            // The deadline sees to that.
            case Event.HostLost _, Event.Placed _, Event.Refused _ -> to(state);
            case Event.MoreTime _, Event.TimeRefused _, Event.Resumed _, Event.TooEarly _, Event.Paused _ -> to(state);
        };
    }

    private Step converge(Starting state) {
        List<Effect> effects = new ArrayList<>(destroys(state.seats()));
        for (Seat seat : state.seats()) {
            if (seat instanceof Seat.Booting booting) {
                effects.add(new Effect.Start(state.hold(), booting));
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
            case Event.HostLost(Instant at, String host) -> without(at, state, Set.of(host));
            case Event.Destroyed(Instant at, int k) -> fewer(at, state, gone(state.seats(), k), state.note());
            case Event.WorkerReleased(Instant at, int k) -> fewer(at, state, leaving(state.seats(), k), state.note());
            case Event.Seen(Instant at, Placeholder seen) ->
                switch (seen.state()) {
                    // CONFIGURING: slurmctld came back and asks at the gate again; the answer stands there.
                    case RUNNING, SUSPENDED, CONFIGURING -> {
                        Set<String> taken = Seats.taken(state.seats(), seen);
                        yield taken.isEmpty() ? RunningSteps.seen(state, seen) : without(at, state, taken);
                    }
                    // It was put back into the queue: the hosts are not ours any more.
                    case PENDING -> clear(at, state, state.seats(), new Verdict.Finish(ReasonCode.HOST_LOST));
                    case COMPLETING, COMPLETED, FAILED, CANCELLED, TIMEOUT, NODE_FAIL -> outlived(at, state, seen);
                    case PREEMPTED, OUT_OF_MEMORY, DEADLINE, BOOT_FAIL, LOST -> outlived(at, state, seen);
                };
            case Event.Absent(Instant at) -> clear(at, state, state.seats(), new Verdict.AsTheClusterSays());
            case Event.Asked(Instant at, Hold hold, var _) ->
                state.hold().same(hold)
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

    /** Hosts are lost, with all that is on them. */
    private Step without(Instant at, Running state, Set<String> hosts) {
        List<Seat> seats = stranded(state.seats(), hosts);
        if (seats.equals(state.seats())) {
            return to(state);
        }
        boolean fewer = seats.stream().filter(Seats::lives).count()
                < state.seats().stream().filter(Seats::lives).count();
        if (anyLives(seats) && (rules.nodeLoss() == NodeLoss.SHRINK || !fewer)) {
            return new Step(state.with(seats, fewer ? ReasonCode.HOST_LOST : state.note()), destroys(seats));
        }
        return clear(at, state, seats, new Verdict.Finish(ReasonCode.HOST_LOST));
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
        return ending.clear(at, hold, ran, seats, verdict);
    }

    private static Step to(Lease next, Effect... effects) {
        return new Step(next, List.of(effects));
    }
}
