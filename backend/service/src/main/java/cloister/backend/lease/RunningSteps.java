package cloister.backend.lease;

import cloister.backend.lease.Lease.Effect;
import cloister.backend.lease.Lease.Running;
import cloister.backend.lease.Lease.Step;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Share;
import cloister.broker.ReasonCode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a running lease does about its placeholder's time, its suspension and its hosts. Level-triggered, at each look. */
final class RunningSteps {
    private RunningSteps() {}

    /** Slurm shows the placeholder: what an administrator did to it is obeyed. */
    static Step seen(Running state, Placeholder seen) {
        List<Effect> effects = new ArrayList<>();
        Running timed = seen.preempted().isPresent()
                ? preempted(state, seen.preempted().get(), effects)
                : time(state, seen, effects);
        Running next = suspension(timed, seen, effects);
        shrink(next, seen, effects);
        return new Step(next, effects);
    }

    /** The hosts are taken after the site's grace time: that is the lease's end, and what runs can still save its work. */
    private static Running preempted(Running state, Instant taken, List<Effect> effects) {
        Running noted = state.noting(ReasonCode.PREEMPTED);
        if (!taken.isBefore(state.hold().endsAt())) {
            return noted;
        }
        Running sooner = noted.with(state.hold().until(taken), Optional.empty());
        effects.addAll(moves(sooner));
        return sooner;
    }

    /** Why a lease is over whose end has come. */
    static Verdict atItsEnd(Running state) {
        return new Verdict.Finish(
                state.note() == ReasonCode.PREEMPTED ? ReasonCode.PREEMPTED : ReasonCode.TERM_REACHED);
    }

    /** The end moves with the limit, whoever changed that; a limit that we asked for is asked for until Slurm shows it. */
    private static Running time(Running state, Placeholder seen, List<Effect> effects) {
        if (seen.limit().isEmpty()) {
            return state;
        }
        Duration limit = seen.limit().get();
        if (state.asked().isPresent()) {
            if (limit.compareTo(state.asked().get()) < 0) {
                effects.addAll(moves(state));
                effects.add(new Effect.Extend(state.hold()));
                return state;
            }
            Running known = state.with(state.hold(), Optional.empty());
            return time(known, seen, effects);
        }
        if (limit.equals(state.hold().limit())) {
            return state;
        }
        Running moved = state.with(state.hold().until(limit), Optional.empty());
        effects.addAll(moves(moved));
        return moved;
    }

    /** The project asks for more time: its machines' ends move first. There is none once Slurm takes the hosts away. */
    static Step moreTime(Running state, Duration limit) {
        if (state.note() == ReasonCode.PREEMPTED || limit.compareTo(state.hold().limit()) <= 0) {
            return new Step(state, List.of());
        }
        Running next = state.with(state.hold().until(limit), Optional.of(limit));
        List<Effect> effects = new ArrayList<>(moves(next));
        effects.add(new Effect.Extend(next.hold()));
        return new Step(next, effects);
    }

    private static Running suspension(Running state, Placeholder seen, List<Effect> effects) {
        List<Seat.Ready> ready = ready(state);
        if (seen.state() == PlaceholderState.SUSPENDED) {
            effects.add(new Effect.Pause(ready));
            return state.paused(true);
        }
        if (state.paused()) {
            effects.add(new Effect.Resume(ready));
        }
        return state;
    }

    /** Hosts without a worker go back to the cluster, except the first: Slurm keeps that, because its script is there. */
    private static void shrink(Running state, Placeholder seen, List<Effect> effects) {
        if (seen.state() != PlaceholderState.RUNNING || seen.shares().isEmpty()) {
            return;
        }
        Set<String> has = new HashSet<>();
        seen.shares().stream().map(Share::host).forEach(has::add);
        Set<String> needs = Seats.hosts(state.seats());
        needs.add(seen.shares().getFirst().host());
        if (has.size() > needs.size() && has.containsAll(needs)) {
            effects.add(new Effect.Shrink(state.hold(), needs));
        }
    }

    private static List<Effect> moves(Running state) {
        return ready(state).stream()
                .<Effect>map(seat -> new Effect.Move(seat, state.hold().endsAt()))
                .toList();
    }

    private static List<Seat.Ready> ready(Running state) {
        return state.seats().stream()
                .filter(Seat.Ready.class::isInstance)
                .map(Seat.Ready.class::cast)
                .toList();
    }
}
