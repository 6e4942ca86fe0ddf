package cloister.backend.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for a condition, at most two minutes. */
public final class Eventually {
    private static final Duration LONGEST = Duration.ofMinutes(2);
    private static final Duration STEP = Duration.ofMillis(20);

    private Eventually() {}

    /** Returns once it holds; fails with what it is about. */
    public static void holds(String what, Supplier<Boolean> condition) {
        long until = System.nanoTime() + LONGEST.toNanos();
        while (!condition.get()) {
            if (System.nanoTime() > until) {
                throw new AssertionError("not within " + LONGEST + ": " + what);
            }
            LockSupport.parkNanos(STEP.toNanos());
        }
    }
}
