package cloister.backend.lease;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds submissions back after several failed starts in a row: an image or a host that is broken fails every lease alike, and
 * each try would take hosts from others. It lives in memory: after a restart it is closed and counts anew.
 */
final class Breaker {
    private static final Logger LOG = LoggerFactory.getLogger(Breaker.class);

    private final int most;
    private final Duration pause;
    private int failures;
    private Instant closedAgain = Instant.EPOCH;

    Breaker(int most, Duration pause) {
        this.most = most;
        this.pause = pause;
    }

    synchronized void failed(Instant at) {
        failures++;
        if (failures >= most) {
            closedAgain = at.plus(pause);
            LOG.error(
                    "{} leases in a row did not start: nothing is submitted until {}; see the workers' console logs",
                    failures,
                    closedAgain);
        }
    }

    synchronized void succeeded() {
        failures = 0;
        closedAgain = Instant.EPOCH;
    }

    synchronized boolean open(Instant at) {
        return at.isBefore(closedAgain);
    }

    /** When it closes again, if it is open. */
    synchronized Optional<Instant> until(Instant at) {
        return open(at) ? Optional.of(closedAgain) : Optional.empty();
    }
}
