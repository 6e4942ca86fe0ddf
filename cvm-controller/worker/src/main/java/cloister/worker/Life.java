package cloister.worker;

import cloister.control.Join;
import cloister.control.RefusalCode;
import cloister.control.Trouble;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The life of a worker. Time arrives in events: the guest's uptime, which only grows, for what is counted from the CVM's last
 * word, and the wall clock for the end that was agreed.
 */
sealed interface Life {
    /** A CVM that is silent for so long, while nothing runs, isn't coming back for this worker. */
    Duration LONGEST_SILENCE = Duration.ofMinutes(10);

    /** slurmd and the file systems have so long to stop; the machine is turned off all the same. */
    Duration LONGEST_FAREWELL = Duration.ofMinutes(1);

    /**
     * What may end a worker by itself.
     *
     * @param heard uptime at the CVM's last word
     * @param endsAt when it ends at the latest
     */
    record Watch(Duration heard, Instant endsAt) {
        Watch heardAt(Duration uptime) {
            return new Watch(uptime, endsAt);
        }

        Watch until(Instant end) {
            return new Watch(heard, end);
        }
    }

    /** It waits for its join. */
    record Waiting(Watch watch) implements Life {}

    /**
     * It is joining.
     *
     * @param round which attempt at the whole way this is: what earlier ones report is over
     * @param at the stage that is being done
     * @param trouble what failed last
     */
    record Joining(Watch watch, Join join, int round, Stage at, Trouble trouble) implements Life {}

    /** It is part of the cluster. */
    record Serving(Watch watch, Join join, int round) implements Life {}

    /** It is stopping. */
    record Leaving(Duration since) implements Life {}

    /** It is being turned off, until it is. */
    record Off(Why why) implements Life {}

    /** What happens to a worker. */
    sealed interface Event {
        /** The CVM sent a join that {@link #refusal} has let pass. */
        record Admitted(Join join, Duration uptime) implements Event {}

        record Done(Stage stage, int round) implements Event {}

        record Failed(Stage stage, int round) implements Event {}

        /** The CVM asked for anything. */
        record Heard(Duration uptime) implements Event {}

        record Extended(Instant endsAt) implements Event {}

        /** charon was restarted and has forgotten the tunnel. */
        record TunnelForgotten() implements Event {}

        record LeaveAsked(Duration uptime) implements Event {}

        /** slurmd and the file systems have stopped, or failed to. */
        record Stopped() implements Event {}

        /** Some time went by. */
        record Tick(Duration uptime, Instant now, boolean busy) implements Event {}
    }

    /** What is to be done about it. */
    sealed interface Effect {
        /** Keeps the join for the next start of the controller. */
        record Keep(Join join) implements Effect {}

        record Do(Stage stage, Join join, int round) implements Effect {}

        /** The same after a pause. */
        record Again(Stage stage, Join join, int round) implements Effect {}

        record Stop() implements Effect {}

        record PowerOff(Why why) implements Effect {}
    }

    /** Why a worker was turned off. */
    enum Why {
        GIVEN_BACK,
        STOPPING_TOOK_TOO_LONG,
        TIME_OVER,
        CVM_SILENT
    }

    /** What comes next. */
    record Step(Life next, List<Effect> effects) {
        static Step to(Life next, Effect... effects) {
            return new Step(next, List.of(effects));
        }
    }

    /** Why a join can't be taken now; nothing where it can. */
    static Optional<RefusalCode> refusal(Life life, Join join) {
        return switch (life) {
            case Waiting _ -> Optional.empty();
            case Joining joining -> otherwise(joining.join(), join);
            case Serving serving -> otherwise(serving.join(), join);
            case Leaving _, Off _ -> Optional.of(RefusalCode.LEAVING);
        };
    }

    private static Optional<RefusalCode> otherwise(Join had, Join join) {
        return had.sameMachine(join) ? Optional.empty() : Optional.of(RefusalCode.JOINED_OTHERWISE);
    }

    /** The next state and what is to be done, in that order. */
    static Step on(Life life, Event event) {
        return switch (life) {
            case Waiting waiting -> onWaiting(waiting, event);
            case Joining joining -> onJoining(joining, event);
            case Serving serving -> onServing(serving, event);
            case Leaving leaving -> onLeaving(leaving, event);
            case Off off -> onOff(off, event);
        };
    }

    private static Step onWaiting(Waiting waiting, Event event) {
        Watch watch = waiting.watch();
        return switch (event) {
            case Event.Admitted(Join join, Duration uptime) -> begin(watch.heardAt(uptime), join, 1, Stage.NAMES);
            case Event.Heard(Duration uptime) -> Step.to(new Waiting(watch.heardAt(uptime)));
            case Event.Extended(Instant endsAt) -> Step.to(new Waiting(watch.until(endsAt)));
            case Event.LeaveAsked(Duration uptime) -> leave(uptime);
            case Event.Tick tick -> overdue(watch, tick).orElse(Step.to(waiting));
            case Event.Done _, Event.Failed _, Event.TunnelForgotten _, Event.Stopped _ -> Step.to(waiting);
        };
    }

    private static Step onJoining(Joining joining, Event event) {
        Watch watch = joining.watch();
        Join join = joining.join();
        int round = joining.round();
        Stage at = joining.at();
        return switch (event) {
            case Event.Admitted(Join again, Duration uptime) ->
                again.equals(join)
                        ? Step.to(new Joining(watch.heardAt(uptime), join, round, at, joining.trouble()))
                        : begin(watch.heardAt(uptime), again, round + 1, Stage.NAMES);
            case Event.Done(Stage stage, int of) -> stage == at && of == round ? onward(joining) : Step.to(joining);
            case Event.Failed(Stage stage, int of) ->
                stage == at && of == round
                        ? Step.to(new Joining(watch, join, round, at, at.trouble()), new Effect.Again(at, join, round))
                        : Step.to(joining);
            case Event.Heard(Duration uptime) ->
                Step.to(new Joining(watch.heardAt(uptime), join, round, at, joining.trouble()));
            case Event.Extended(Instant endsAt) -> {
                Join longer = join.endingAt(endsAt.getEpochSecond());
                yield Step.to(
                        new Joining(watch.until(endsAt), longer, round, at, joining.trouble()),
                        new Effect.Keep(longer));
            }
            case Event.TunnelForgotten _ ->
                at.compareTo(Stage.VPN) > 0 ? again(watch, join, round + 1, Stage.VPN) : Step.to(joining);
            case Event.LeaveAsked(Duration uptime) -> leave(uptime);
            case Event.Tick tick -> overdue(watch, tick).orElse(Step.to(joining));
            case Event.Stopped _ -> Step.to(joining);
        };
    }

    private static Step onServing(Serving serving, Event event) {
        Watch watch = serving.watch();
        Join join = serving.join();
        return switch (event) {
            case Event.Admitted(Join again, Duration uptime) ->
                again.equals(join)
                        ? Step.to(new Serving(watch.heardAt(uptime), join, serving.round()))
                        : begin(watch.heardAt(uptime), again, serving.round() + 1, Stage.NAMES);
            case Event.Heard(Duration uptime) -> Step.to(new Serving(watch.heardAt(uptime), join, serving.round()));
            case Event.Extended(Instant endsAt) -> {
                Join longer = join.endingAt(endsAt.getEpochSecond());
                yield Step.to(new Serving(watch.until(endsAt), longer, serving.round()), new Effect.Keep(longer));
            }
            case Event.TunnelForgotten _ -> again(watch, join, serving.round() + 1, Stage.VPN);
            case Event.LeaveAsked(Duration uptime) -> leave(uptime);
            case Event.Tick tick -> overdue(watch, tick).orElse(Step.to(serving));
            case Event.Done _, Event.Failed _, Event.Stopped _ -> Step.to(serving);
        };
    }

    private static Step onLeaving(Leaving leaving, Event event) {
        return switch (event) {
            case Event.Stopped _ -> off(Why.GIVEN_BACK);
            case Event.Tick tick ->
                tick.uptime().minus(leaving.since()).compareTo(LONGEST_FAREWELL) > 0
                        ? off(Why.STOPPING_TOOK_TOO_LONG)
                        : Step.to(leaving);
            case Event.Admitted _,
                    Event.Done _,
                    Event.Failed _,
                    Event.Heard _,
                    Event.Extended _,
                    Event.TunnelForgotten _,
                    Event.LeaveAsked _ -> Step.to(leaving);
        };
    }

    private static Step onOff(Off off, Event event) {
        return event instanceof Event.Tick ? off(off.why()) : Step.to(off);
    }

    private static Step off(Why why) {
        return Step.to(new Off(why), new Effect.PowerOff(why));
    }

    /** A join that is new, or changed: it sets the end too, for it is the CVM's latest word on it. */
    private static Step begin(Watch watch, Join join, int round, Stage from) {
        Watch moved = watch.until(Instant.ofEpochSecond(join.endsAt()));
        return Step.to(
                new Joining(moved, join, round, from, Trouble.NONE),
                new Effect.Keep(join),
                new Effect.Do(from, join, round));
    }

    private static Step again(Watch watch, Join join, int round, Stage from) {
        return Step.to(new Joining(watch, join, round, from, Trouble.NONE), new Effect.Do(from, join, round));
    }

    private static Step onward(Joining done) {
        Optional<Stage> next = done.at().next();
        if (next.isEmpty()) {
            return Step.to(new Serving(done.watch(), done.join(), done.round()));
        }
        return Step.to(
                new Joining(done.watch(), done.join(), done.round(), next.get(), Trouble.NONE),
                new Effect.Do(next.get(), done.join(), done.round()));
    }

    private static Step leave(Duration uptime) {
        return Step.to(new Leaving(uptime), new Effect.Stop());
    }

    /** Whether the worker has to end by itself: its jobs are over or lost by then, so nothing is stopped with care. */
    private static Optional<Step> overdue(Watch watch, Event.Tick tick) {
        if (!tick.now().isBefore(watch.endsAt())) {
            return Optional.of(off(Why.TIME_OVER));
        }
        if (!tick.busy() && tick.uptime().minus(watch.heard()).compareTo(LONGEST_SILENCE) > 0) {
            return Optional.of(off(Why.CVM_SILENT));
        }
        return Optional.empty();
    }
}
