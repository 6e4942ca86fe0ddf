package cloister.vpn.vici;

import java.time.Duration;

/** A moment after which nobody waits any more. */
final class Deadline {
    private static final Duration LONGEST = Duration.ofHours(1);
    private final long end;

    private Deadline(long end) {
        this.end = end;
    }

    /** Throws {@link IllegalArgumentException} unless the time is positive and at most an hour. */
    static Deadline in(Duration time) {
        if (time.isNegative() || time.isZero() || time.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("a wait is longer than nothing and at most an hour");
        }
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    /** Nanoseconds that are left; zero when none are. */
    long leftNanos() {
        return Math.max(0, end - System.nanoTime());
    }

    /** The same in milliseconds, rounded up, so that waiting for it does not spin. */
    long leftMillis() {
        return (leftNanos() + 999_999) / 1_000_000;
    }

    boolean isOver() {
        return leftNanos() == 0;
    }
}
