package cloister.backend.lease;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/** Wakes those who wait for a project's leases to change. What changed is in the database. */
@Component
final class Changes {
    private final Map<Integer, Long> counts = new ConcurrentHashMap<>();
    private final Object monitor = new Object();

    /** Something changed, and it is committed. */
    void happened(int project) {
        synchronized (monitor) {
            counts.merge(project, 1L, Long::sum);
            monitor.notifyAll();
        }
    }

    /** To be passed to {@link #await}; read it before looking at the database. */
    long now(int project) {
        return counts.getOrDefault(project, 0L);
    }

    /** Returns once something changed after {@code seen}, or after the time. */
    void await(int project, long seen, Duration longest) throws InterruptedException {
        long until = System.nanoTime() + longest.toNanos();
        synchronized (monitor) {
            while (now(project) == seen) {
                long left = Duration.ofNanos(until - System.nanoTime()).toMillis();
                if (left <= 0) {
                    return;
                }
                monitor.wait(left);
            }
        }
    }
}
