package cloister.worker;

import java.io.IOException;
import java.time.Duration;

/** Waits for what the kernel has no event for. */
final class Conditions {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    private Conditions() {}

    /** Something to wait for. */
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /** Returns as soon as it holds. Throws an {@link IOException} with the given words where it doesn't in time. */
    static void await(Condition condition, Duration limit, String otherwise) throws IOException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                throw new IOException(otherwise + " within " + limit);
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
    }
}
