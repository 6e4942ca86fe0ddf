package cloister.backend.pulse;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that makes a pass at a fixed interval, and sooner when it is woken. Level-triggered: a pass looks at everything,
 * so that a lost wake-up costs one interval and nothing else. A pass that throws is logged, and the next one comes.
 */
public final class Pulse implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pulse.class);

    /** Longest wait for a pass to end when the backend stops. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private final Semaphore due = new Semaphore(1);
    private final Thread thread;
    private final Duration interval;
    private final Runnable pass;
    private final InstantSource clock;
    private volatile boolean started;
    private volatile boolean closed;
    private volatile Instant lastPass;

    /** Starts with a pass at once. */
    public Pulse(String name, Duration interval, InstantSource clock, Runnable pass) {
        this.interval = interval;
        this.pass = pass;
        this.clock = clock;
        this.lastPass = clock.instant();
        this.thread = Thread.ofPlatform().name(name).unstarted(this::run);
    }

    /** Begins; the first pass is at once. */
    public void start() {
        thread.start();
        started = true;
    }

    /** Whether it was started and not closed since. */
    public boolean isRunning() {
        return started && !closed;
    }

    /** Makes the next pass sooner. Never blocks; many calls before a pass are one. */
    public void wake() {
        if (due.availablePermits() == 0) {
            due.release();
        }
    }

    /** When the last pass ended. */
    public Instant lastPass() {
        return lastPass;
    }

    private void run() {
        while (!closed) {
            try {
                var _ = due.tryAcquire(interval.toMillis(), TimeUnit.MILLISECONDS);
                var _ = due.drainPermits();
            } catch (InterruptedException e) {
                // Only close() interrupts; the condition of the loop ends it.
                continue;
            }
            if (closed) {
                return;
            }
            try {
                pass.run();
                lastPass = clock.instant();
            } catch (RuntimeException e) {
                LOG.error("a pass of {} failed; the next one follows", thread.getName(), e);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        due.release();
        try {
            if (thread.isAlive() && !thread.join(STOP_LIMIT)) {
                LOG.warn("a pass of {} goes on though the backend stops; it can be made again", thread.getName());
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
