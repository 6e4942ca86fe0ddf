package cloister.control;

import java.time.Duration;

/**
 * How long a worker waits for whoever connects.
 *
 * @param handshake until both keys are proven; before that anyone on the segment may hold a connection
 * @param frame until a request that has begun is whole, and until its answer is taken
 * @param idle between two requests
 * @param connections at once; one more is closed at once
 */
public record Patience(Duration handshake, Duration frame, Duration idle, int connections) {
    /** Refuses what would wait for ever or for nothing. */
    public Patience {
        for (Duration limit : new Duration[] {handshake, frame, idle}) {
            if (limit.isNegative() || limit.isZero() || limit.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException("a limit must be above zero and at most an hour");
            }
        }
        Bounds.within("connections", connections, 1, 64);
    }

    /**
     * Half a minute for a handshake and for a frame, stretched by the factor: an emulated guest whose host is busy has taken
     * more than 40 s for its first handshake. 5 minutes between two requests; 4 connections.
     */
    public static Patience scaled(int factor) {
        Bounds.within("factor", factor, 1, 10);
        Duration step = Duration.ofSeconds(30L * factor);
        return new Patience(step, step, Duration.ofMinutes(5), 4);
    }
}
