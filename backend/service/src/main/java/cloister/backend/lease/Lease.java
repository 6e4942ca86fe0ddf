package cloister.backend.lease;

import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.broker.ReasonCode;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The life of a lease: its states, what can happen, and what is then to be done; {@link LeaseSteps} has the moves. The states
 * are ours; what Slurm and the hosts say comes as events. Machines are taken away first, the placeholder ends last.
 */
public sealed interface Lease {
    /** The intent is stored; attempt {@code attempt} was never submitted. */
    record Recorded(int attempt, Instant notBefore, ReasonCode because) implements Lease {}

    /** It was submitted, or is about to be; until {@code settled} an absence is not believed. */
    record Submitting(int attempt, Instant settled) implements Lease {}

    /** Its placeholder waits in Slurm. */
    record Queued(int attempt, long job, ReasonCode waits, Optional<Instant> expected) implements Lease {}

    /** Hosts are chosen; machines boot until {@code deadline}, or all are ready and the placeholder is let go. */
    record Starting(Hold hold, Instant deadline, List<Seat> seats) implements Lease {}

    /**
     * The placeholder runs.
     *
     * @param note what its project should know
     * @param asked the limit that Slurm was asked for and does not show yet
     * @param paused whether Slurm has suspended the placeholder, and so its machines
     */
    record Running(Hold hold, List<Seat> seats, ReasonCode note, Optional<Duration> asked, boolean paused)
            implements Lease {
        /** As it begins. */
        Running(Hold hold, List<Seat> seats, ReasonCode note) {
            this(hold, seats, note, Optional.empty(), false);
        }

        Running with(List<Seat> other, ReasonCode why) {
            return new Running(hold, other, why, asked, paused);
        }

        Running with(Hold other, Optional<Duration> limit) {
            return new Running(other, seats, note, limit, paused);
        }

        Running paused(boolean now) {
            return new Running(hold, seats, note, asked, now);
        }

        Running noting(ReasonCode why) {
            return new Running(hold, seats, why, asked, paused);
        }
    }

    /** All machines are being taken away; after {@code giveUp} the cluster's word about their hosts is enough. */
    record Clearing(Hold hold, boolean ran, List<Seat> seats, Verdict verdict, Instant giveUp) implements Lease {}

    /** No machine is left and the placeholder is being ended; it was never known where {@code job} is empty. */
    record Closing(int attempt, OptionalLong job, Optional<Hold> hold, Verdict verdict, Instant patience)
            implements Lease {}

    /**
     * No machine is left but on hosts that are lost. The placeholder, which does not need those, is being ended; they are asked
     * until they answer, or until the machines' own end and a margin are over.
     *
     * @param patience when a running placeholder that does not hear the signal is cancelled
     * @param giveUp when the hosts' own guards have seen to what was left
     * @param end how the placeholder ended, once it has: then Slurm is not asked any more
     */
    record Abandoning(
            Hold hold,
            List<Seat> seats,
            Verdict verdict,
            Instant patience,
            Instant giveUp,
            Optional<PlaceholderState> end)
            implements Lease {}

    /** Nothing is left. */
    record Ended(ReasonCode reason) implements Lease {}

    /** What happened. */
    sealed interface Event {
        /** Time has passed. */
        record Tick(Instant at) implements Event {}

        /** Nothing may be submitted at the moment. */
        record Paused() implements Event {}

        /** Slurm took the submission. */
        record Placed(Instant at, long job) implements Event {}

        /** Slurm refused the submission for good. */
        record Refused() implements Event {}

        /** Slurm knows the project's account, or its member's wckey, not yet. */
        record TooEarly(Instant at) implements Event {}

        /** Slurm shows the placeholder of this attempt. */
        record Seen(Instant at, Placeholder placeholder) implements Event {}

        /** Slurm answered and has no placeholder of this attempt. */
        record Absent(Instant at) implements Event {}

        /** The placeholder asks at the gate; {@code seats} are empty unless they were just allotted. */
        record Asked(Instant at, Hold hold, List<Seat> seats) implements Event {}

        /** The placeholder asks at the gate with hosts that can't be used. */
        record Misfit(Instant at, Hold hold) implements Event {}

        /** Worker {@code k} said hello. */
        record Heard(Instant at, int k, Spki key) implements Event {}

        /** The machine of worker {@code k} can't be started, is gone, or raised an alarm. */
        record Lost(Instant at, int k) implements Event {}

        /** A host of the lease neither answers us, for longer than the site bears, nor Slurm. */
        record HostLost(Instant at, String host) implements Event {}

        /** Nothing is left of the machine of worker {@code k}. */
        record Destroyed(Instant at, int k) implements Event {}

        /** Nobody wants the lease any more. */
        record ReleaseAsked(Instant at, ReasonCode reason) implements Event {}

        /** Nobody wants worker {@code k} any more. */
        record WorkerReleased(Instant at, int k) implements Event {}

        /** The project asks for more time: the placeholder's new limit. */
        record MoreTime(Instant at, Duration limit) implements Event {}

        /** Slurm will never give the limit that it was asked for. */
        record TimeRefused() implements Event {}

        /** Every machine runs again. */
        record Resumed() implements Event {}
    }

    /** What is to be done outside; each may be done again. The order of declaration is the order of doing. */
    sealed interface Effect {
        /** Take a machine away. */
        record Destroy(Seat.Leaving seat) implements Effect {}

        /** Have a machine live, and hear it. */
        record Start(Hold hold, Seat.Booting seat) implements Effect {}

        /** Tell the host of a machine when that must be gone. */
        record Move(Seat.Ready seat, Instant endsAt) implements Effect {}

        /** Stop the processors of machines. */
        record Pause(List<Seat.Ready> seats) implements Effect {}

        /** Let them go on. */
        record Resume(List<Seat.Ready> seats) implements Effect {}

        /** Let the placeholder start. */
        record Go(Hold hold) implements Effect {}

        /**
         * Have slurmctld write down that the placeholder runs. By itself it does so at the next change only, and if it dies
         * before, it starts the script once more: slurmd then kills both as duplicates and drains the host.
         */
        record Settle(Hold hold) implements Effect {}

        /** Change the placeholder's limit: hosts and machines know of it already. */
        record Extend(Hold hold) implements Effect {}

        /** Give back the hosts of a placeholder except these. */
        record Shrink(Hold hold, Set<String> hosts) implements Effect {}

        /** Send the placeholder back at the gate. */
        record Refuse(Hold hold) implements Effect {}

        /** End a running placeholder, so that it is recorded as completed. */
        record End(long job) implements Effect {}

        /** End a placeholder in any state. */
        record Cancel(long job) implements Effect {}

        /** Clean the gate of a placeholder that is over. */
        record Forget(Hold hold) implements Effect {}

        /** Submit a placeholder. */
        record Submit(int attempt) implements Effect {}

        /** Place in the order of doing. */
        default int rank() {
            return switch (this) {
                case Destroy _ -> 1;
                case Start _ -> 2;
                case Move _ -> 3;
                case Pause _ -> 4;
                case Resume _ -> 5;
                case Go _ -> 6;
                case Settle _, Extend _ -> 7;
                case Shrink _ -> 8;
                case Refuse _ -> 9;
                case End _ -> 10;
                case Cancel _ -> 11;
                case Forget _ -> 12;
                case Submit _ -> 13;
            };
        }
    }

    /** The next state, and what to do once it is stored, in order. */
    record Step(Lease next, List<Effect> effects) {
        /** Puts the effects in their order. */
        public Step {
            effects = effects.stream()
                    .sorted(Comparator.comparingInt(Effect::rank))
                    .toList();
        }
    }

    /** The one function that moves a lease. It looks at no clock and calls nobody. */
    static Step on(Lease lease, Event event, Rules rules) {
        return new LeaseSteps(rules).on(lease, event);
    }
}
