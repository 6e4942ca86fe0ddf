package cloister.backend.ledger;

import java.time.Duration;
import java.time.Instant;

/**
 * What one worker has used so far, added up from looks at its host.
 *
 * @param cpuMillis time on cores since the machine's start
 * @param memMibMillis memory that it held, times how long: between two looks it held what the earlier one saw
 * @param residentMib memory at the last look, rounded up
 * @param firstAt first look
 * @param lastAt last look
 */
record Meter(long cpuMillis, long memMibMillis, long residentMib, Instant firstAt, Instant lastAt) {
    private static final long NANOS_OF_A_MILLI = 1_000_000;
    private static final long KIB_OF_A_MIB = 1024;

    /** The first look at a machine. */
    static Meter first(Instant at, long cpuNanos, long residentKib) {
        return new Meter(cpuNanos / NANOS_OF_A_MILLI, 0, mib(residentKib), at, at);
    }

    /**
     * A further look. One that is older than the last changes nothing; time on cores never runs backwards, whatever the host
     * says.
     */
    Meter next(Instant at, long cpuNanos, long residentKib) {
        if (at.isBefore(lastAt)) {
            return this;
        }
        long held = Math.multiplyExact(residentMib, Duration.between(lastAt, at).toMillis());
        return new Meter(
                Math.max(cpuMillis, cpuNanos / NANOS_OF_A_MILLI),
                Math.addExact(memMibMillis, held),
                mib(residentKib),
                firstAt,
                at);
    }

    private static long mib(long kib) {
        return Math.ceilDiv(kib, KIB_OF_A_MIB);
    }

    /** How long it was seen. */
    long millis() {
        return Duration.between(firstAt, lastAt).toMillis();
    }
}
