package cloister.backend.lease;

import java.time.Duration;
import java.time.Instant;

/**
 * A placeholder that asked at the gate: what it holds and until when.
 *
 * @param attempt which submission for the lease
 * @param job its number in the global Slurm
 * @param submitted when Slurm took it, to the second
 * @param restart how often Slurm started it again
 * @param nodes its hosts, as Slurm writes them
 * @param endsAt gate asked + term, to the second
 * @param limit the placeholder's time limit that {@code endsAt} belongs to, in whole minutes: where the limit moves, so does
 *     the end
 */
public record Hold(
        int attempt, long job, Instant submitted, int restart, String nodes, Instant endsAt, Duration limit) {
    /** The same with an end that the limit does not say. */
    Hold until(Instant end) {
        return new Hold(attempt, job, submitted, restart, nodes, end, limit);
    }

    /** The same with another limit, and the end that follows from it. */
    Hold until(Duration other) {
        return new Hold(attempt, job, submitted, restart, nodes, endsAt.plus(other.minus(limit)), other);
    }

    /** Whether a question at the gate is that of the same start on the same hosts. */
    boolean same(Hold other) {
        return job == other.job() && restart == other.restart() && nodes.equals(other.nodes());
    }
}
