package cloister.cvm.worker;

import cloister.cvm.worker.Worker.Draining;
import cloister.cvm.worker.Worker.Gone;
import cloister.cvm.worker.Worker.Joining;
import cloister.cvm.worker.Worker.Leaving;
import cloister.cvm.worker.Worker.Registering;
import cloister.cvm.worker.Worker.Resting;
import cloister.cvm.worker.Worker.Serving;
import cloister.cvm.worker.Worker.Starting;
import java.time.Duration;
import java.time.Instant;

/** How a worker goes from one state to the next: a pure function. */
public final class Life {
    /**
     * How long things may take.
     *
     * @param rest between a failed try and the next
     * @param join the longest that one try to join may take
     * @param register the longest from the tunnel to the node's registration
     * @param drain how long a drain may go unnoticed before Slurm is told again
     * @param greet between two greetings of a worker; it turns itself off after ten minutes of silence without a job
     * @param tries how many tries to join there are
     */
    public record Patience(
            Duration rest, Duration join, Duration register, Duration drain, Duration greet, int tries) {}

    private final Patience patience;

    public Life(Patience patience) {
        this.patience = patience;
    }

    /** What follows from an event. */
    public Step on(Worker worker, Event event) {
        return switch (worker) {
            case Starting _ -> starting(event);
            case Resting resting -> resting(resting, event);
            case Joining joining -> joining(joining, event);
            case Registering registering -> registering(registering, event);
            case Serving serving -> serving(serving, event);
            case Draining draining -> draining(draining, event);
            case Leaving leaving -> leaving(leaving, event);
            case Gone gone -> Step.to(gone);
        };
    }

    private Step starting(Event event) {
        return switch (event) {
            case Event.Heard heard ->
                Step.to(new Joining(heard.guest(), 0, heard.at()), new Effect.Join(heard.guest()));
            // It was never joined: there is nothing to take away.
            case Event.Lost _ -> Step.to(new Gone());
            case Event.Release release -> clear(Parting.RETURNED, release.at());
            case Event.Joined _,
                    Event.NotJoined _,
                    Event.Seen _,
                    Event.Unseen _,
                    Event.Cut _,
                    Event.Cleared _,
                    Event.NotCleared _,
                    Event.Tick _ -> Step.to(new Starting());
        };
    }

    private Step resting(Resting resting, Event event) {
        return switch (event) {
            case Event.Joined joined -> Step.to(new Registering(resting.guest(), resting.failures(), joined.at()));
            case Event.Tick tick ->
                tick.at().isBefore(resting.nextAt())
                        ? Step.to(resting)
                        : join(resting.guest(), resting.failures(), tick.at());
            case Event.Lost lost -> clear(Parting.TAKEN, lost.at());
            case Event.Release release -> clear(Parting.RETURNED, release.at());
            case Event.Heard _,
                    Event.NotJoined _,
                    Event.Seen _,
                    Event.Unseen _,
                    Event.Cut _,
                    Event.Cleared _,
                    Event.NotCleared _ -> Step.to(resting);
        };
    }

    private Step joining(Joining joining, Event event) {
        return switch (event) {
            case Event.Joined joined -> Step.to(new Registering(joining.guest(), joining.failures(), joined.at()));
            case Event.NotJoined failed -> failed(joining.guest(), joining.failures(), failed.at());
            case Event.Tick tick ->
                tick.at().isBefore(joining.since().plus(patience.join()))
                        ? Step.to(joining)
                        : failed(joining.guest(), joining.failures(), tick.at());
            case Event.Lost lost -> clear(Parting.TAKEN, lost.at());
            case Event.Release release -> clear(Parting.RETURNED, release.at());
            case Event.Heard _, Event.Seen _, Event.Unseen _, Event.Cut _, Event.Cleared _, Event.NotCleared _ ->
                Step.to(joining);
        };
    }

    private Step registering(Registering registering, Event event) {
        return switch (event) {
            case Event.Seen seen ->
                switch (seen.node()) {
                    case FREE, BUSY -> Step.to(new Serving(registering.guest(), seen.at()), new Effect.Fence(false));
                    case DRAINED, DRAINING, DOWN -> Step.to(registering);
                };
            case Event.Tick tick ->
                tick.at().isBefore(registering.since().plus(patience.register()))
                        ? Step.to(registering)
                        : failed(registering.guest(), registering.failures(), tick.at());
            case Event.Cut _ -> Step.to(registering, new Effect.Reconnect(registering.guest()));
            case Event.Lost lost -> clear(Parting.TAKEN, lost.at());
            case Event.Release release -> clear(Parting.RETURNED, release.at());
            case Event.Heard _,
                    Event.Joined _,
                    Event.NotJoined _,
                    Event.Unseen _,
                    Event.Cleared _,
                    Event.NotCleared _ -> Step.to(registering);
        };
    }

    private Step serving(Serving serving, Event event) {
        return switch (event) {
            case Event.Seen seen ->
                switch (seen.node()) {
                    case FREE, BUSY, DRAINING -> Step.to(serving);
                    case DRAINED -> clear(Parting.RETURNED, seen.at());
                    case DOWN -> clear(Parting.GIVEN_UP, seen.at());
                };
            // A slurmctld that was killed forgets what registered just before, and slurmd does not notice.
            case Event.Unseen unseen -> clear(Parting.GIVEN_UP, unseen.at());
            case Event.Release release -> Step.to(new Draining(serving.guest(), release.at()), new Effect.Drain());
            case Event.Cut _ -> Step.to(serving, new Effect.Reconnect(serving.guest()));
            case Event.Lost lost -> clear(Parting.TAKEN, lost.at());
            case Event.Heard _, Event.Joined _, Event.NotJoined _, Event.Cleared _, Event.NotCleared _ ->
                Step.to(serving);
            case Event.Tick tick ->
                tick.at().isBefore(serving.greeted().plus(patience.greet()))
                        ? Step.to(serving)
                        : Step.to(new Serving(serving.guest(), tick.at()), new Effect.Greet(serving.guest()));
        };
    }

    private Step draining(Draining draining, Event event) {
        return switch (event) {
            case Event.Seen seen -> drainingSeen(draining, seen);
            case Event.Unseen unseen -> clear(Parting.RETURNED, unseen.at());
            case Event.Lost lost -> clear(Parting.TAKEN, lost.at());
            case Event.Cut _ -> Step.to(draining, new Effect.Reconnect(draining.guest()));
            case Event.Heard _,
                    Event.Joined _,
                    Event.NotJoined _,
                    Event.Release _,
                    Event.Cleared _,
                    Event.NotCleared _,
                    Event.Tick _ -> Step.to(draining);
        };
    }

    /** A job that slipped in before the drain keeps its worker: the drain is taken back, and the worker serves on. */
    private Step drainingSeen(Draining draining, Event.Seen seen) {
        return switch (seen.node()) {
            case DRAINED -> clear(Parting.RETURNED, seen.at());
            case DRAINING -> Step.to(new Serving(draining.guest(), draining.since()), new Effect.Resume());
            case DOWN -> clear(Parting.GIVEN_UP, seen.at());
            case FREE, BUSY ->
                seen.at().isBefore(draining.since().plus(patience.drain()))
                        ? Step.to(draining)
                        : Step.to(new Draining(draining.guest(), seen.at()), new Effect.Drain());
        };
    }

    private Step leaving(Leaving leaving, Event event) {
        return switch (event) {
            case Event.Cleared _ -> Step.to(new Gone());
            case Event.NotCleared failed ->
                Step.to(new Leaving(leaving.parting(), false, failed.at().plus(patience.rest())));
            case Event.Tick tick ->
                leaving.underWay() || tick.at().isBefore(leaving.nextAt())
                        ? Step.to(leaving)
                        : clear(leaving.parting(), tick.at());
            case Event.Lost _ -> Step.to(new Leaving(Parting.TAKEN, leaving.underWay(), leaving.nextAt()));
            case Event.Heard _,
                    Event.Joined _,
                    Event.NotJoined _,
                    Event.Seen _,
                    Event.Unseen _,
                    Event.Release _,
                    Event.Cut _ -> Step.to(leaving);
        };
    }

    private Step join(Guest guest, int failures, Instant at) {
        return Step.to(new Joining(guest, failures, at), new Effect.Join(guest));
    }

    private Step failed(Guest guest, int failures, Instant at) {
        return failures + 1 < patience.tries()
                ? Step.to(new Resting(guest, failures + 1, at.plus(patience.rest())))
                : clear(Parting.GIVEN_UP, at);
    }

    private static Step clear(Parting parting, Instant at) {
        return Step.to(new Leaving(parting, true, at), new Effect.Clear(parting));
    }
}
