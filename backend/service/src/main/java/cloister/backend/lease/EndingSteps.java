package cloister.backend.lease;

import static cloister.backend.lease.Seats.allGone;
import static cloister.backend.lease.Seats.destroys;
import static cloister.backend.lease.Seats.gone;
import static cloister.backend.lease.Seats.onlyStranded;
import static cloister.backend.lease.Seats.stranded;
import static cloister.backend.lease.Seats.taken;

import cloister.backend.lease.Lease.Abandoning;
import cloister.backend.lease.Lease.Clearing;
import cloister.backend.lease.Lease.Closing;
import cloister.backend.lease.Lease.Effect;
import cloister.backend.lease.Lease.Ended;
import cloister.backend.lease.Lease.Event;
import cloister.backend.lease.Lease.Recorded;
import cloister.backend.lease.Lease.Step;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.broker.ReasonCode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** How a lease is undone: machines are taken away first, the placeholder ends last; only lost hosts are not waited for. */
record EndingSteps(Rules rules) {
    /** Takes all machines away, then ends the placeholder. */
    Step clear(Instant at, Hold hold, boolean ran, List<Seat> seats, Verdict verdict) {
        Instant last = hold.endsAt().isAfter(at) ? hold.endsAt() : at;
        List<Seat> leaving = seats.stream().map(Seat::leaving).toList();
        return cleared(at, new Clearing(hold, ran, leaving, verdict, last.plus(rules.clearLimit())));
    }

    private Step cleared(Instant at, Clearing state) {
        if (allGone(state.seats())) {
            return closeHeld(at, state);
        }
        if (onlyStranded(state.seats())) {
            return abandon(at, state);
        }
        return new Step(state, destroys(state.seats()));
    }

    /** What is left is on lost hosts: the others are not kept for it. */
    private Step abandon(Instant at, Clearing state) {
        Hold hold = state.hold();
        List<Effect> effects = new ArrayList<>(destroys(state.seats()));
        effects.add(new Effect.Refuse(hold));
        effects.add(state.ran() ? new Effect.End(hold.job()) : new Effect.Cancel(hold.job()));
        return new Step(
                new Abandoning(
                        hold,
                        state.seats(),
                        state.verdict(),
                        at.plus(rules.endLimit()),
                        state.giveUp(),
                        Optional.empty()),
                effects);
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

    Step on(Clearing state, Event event) {
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
            case Event.Seen(Instant at, Placeholder seen) -> {
                if (seen.state().terminal() && at.isAfter(state.giveUp())) {
                    yield closeHeld(at, state);
                }
                List<Seat> seats = stranded(state.seats(), taken(state.seats(), seen));
                yield seats.equals(state.seats())
                        ? to(state)
                        : cleared(at, new Clearing(state.hold(), state.ran(), seats, state.verdict(), state.giveUp()));
            }
            case Event.Absent(Instant at) -> at.isAfter(state.giveUp()) ? closeHeld(at, state) : to(state);
            case Event.Placed _, Event.Refused _, Event.Asked _, Event.Misfit _ -> to(state);
            case Event.Heard _, Event.Lost _, Event.HostLost _, Event.WorkerReleased _ -> to(state);
            case Event.MoreTime _, Event.TimeRefused _, Event.Resumed _, Event.TooEarly _, Event.Paused _ -> to(state);
        };
    }

    Step on(Abandoning state, Event event) {
        return switch (event) {
            case Event.Tick(Instant at) ->
                state.end().isPresent() && at.isAfter(state.giveUp())
                        ? closed(state)
                        : new Step(state, destroys(state.seats()));
            case Event.Destroyed(Instant at, int k) -> reached(at, with(state, gone(state.seats(), k)));
            case Event.Seen(Instant at, Placeholder seen) ->
                switch (seen.state()) {
                    case RUNNING ->
                        to(
                                state,
                                at.isBefore(state.patience())
                                        ? new Effect.End(seen.job())
                                        : new Effect.Cancel(seen.job()));
                    case PENDING, CONFIGURING, SUSPENDED ->
                        to(state, new Effect.Refuse(state.hold()), new Effect.Cancel(seen.job()));
                    case COMPLETING -> to(state);
                    case COMPLETED, FAILED, CANCELLED, TIMEOUT, NODE_FAIL -> over(state, seen.state());
                    case PREEMPTED, OUT_OF_MEMORY, DEADLINE, BOOT_FAIL, LOST -> over(state, seen.state());
                };
            case Event.Absent _ -> over(state, PlaceholderState.LOST);
            case Event.ReleaseAsked(var _, ReasonCode reason) ->
                to(new Abandoning(
                        state.hold(),
                        state.seats(),
                        released(state.verdict(), reason),
                        state.patience(),
                        state.giveUp(),
                        state.end()));
            case Event.Placed _, Event.Refused _, Event.Asked _, Event.Misfit _ -> to(state);
            case Event.Heard _, Event.Lost _, Event.HostLost _, Event.WorkerReleased _ -> to(state);
            case Event.MoreTime _, Event.TimeRefused _, Event.Resumed _, Event.TooEarly _, Event.Paused _ -> to(state);
        };
    }

    private static Abandoning with(Abandoning state, List<Seat> seats) {
        return new Abandoning(state.hold(), seats, state.verdict(), state.patience(), state.giveUp(), state.end());
    }

    /** A lost host answered. */
    private static Step reached(Instant at, Abandoning state) {
        if (!allGone(state.seats())) {
            return to(state);
        }
        Hold hold = state.hold();
        return state.end().isPresent()
                ? closed(state)
                : to(new Closing(
                        hold.attempt(),
                        OptionalLong.of(hold.job()),
                        Optional.of(hold),
                        state.verdict(),
                        at.isAfter(state.patience()) ? at : state.patience()));
    }

    private static Step over(Abandoning state, PlaceholderState end) {
        return to(new Abandoning(
                state.hold(), state.seats(), state.verdict(), state.patience(), state.giveUp(), Optional.of(end)));
    }

    private static Step closed(Abandoning state) {
        return closed(state.hold().attempt(), state.verdict(), Optional.of(state.hold()), state.end());
    }

    Step on(Closing state, Event event) {
        return switch (event) {
            case Event.Placed(var _, long job) -> known(state, job);
            // Its question stands until Slurm takes it away: the first answer counts, and what ran ends by signal.
            case Event.Asked(var _, Hold hold, var _) ->
                state.hold().filter(hold::same).isPresent() ? to(state, new Effect.Refuse(hold)) : refused(state, hold);
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
            case Event.Tick _, Event.Heard _, Event.Lost _, Event.HostLost _ -> to(state);
            case Event.Destroyed _, Event.WorkerReleased _ -> to(state);
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
        return closed(state.attempt(), state.verdict(), state.hold(), end);
    }

    private static Step closed(int attempt, Verdict verdict, Optional<Hold> hold, Optional<PlaceholderState> end) {
        Lease next = switch (verdict) {
            case Verdict.Finish(ReasonCode reason) -> new Ended(reason);
            case Verdict.Again(Instant notBefore) -> new Recorded(attempt + 1, notBefore, ReasonCode.BOOT_FAILED);
            case Verdict.AsTheClusterSays() -> new Ended(end.map(Cluster::ended).orElse(ReasonCode.CLUSTER_FAILED));
        };
        return new Step(next, hold.<Effect>map(Effect.Forget::new).stream().toList());
    }

    private static Verdict released(Verdict verdict, ReasonCode reason) {
        return switch (verdict) {
            case Verdict.Again _ -> new Verdict.Finish(reason);
            case Verdict.Finish finish -> finish;
            case Verdict.AsTheClusterSays says -> says;
        };
    }

    private static Step to(Lease next, Effect... effects) {
        return new Step(next, List.of(effects));
    }
}
