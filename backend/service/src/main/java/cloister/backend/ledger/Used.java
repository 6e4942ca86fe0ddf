package cloister.backend.ledger;

import cloister.backend.ledger.Usage.Flag;
import cloister.bridge.JobRecord;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What the workers of a placeholder have used, by their hosts, and what speaks against it. Rounding: each sum is rounded up to
 * a whole second once, after adding.
 *
 * @param cpuSeconds time on cores
 * @param memMibSeconds memory times how long it was held
 * @param gpuSeconds GPUs times how long the workers that had them were seen
 * @param flags why the figures should be looked at
 */
record Used(long cpuSeconds, long memMibSeconds, long gpuSeconds, Set<Flag> flags) {
    private static final long MILLIS = 1000;
    private static final long SECONDS_OF_A_MINUTE = 60;
    private static final long HUNDRED = 100;

    Used {
        flags = Set.copyOf(flags);
    }

    /**
     * What the CVM says of a lease's workers.
     *
     * @param workers how many have reported
     * @param cpuMinutes on all their cores, each worker's rounded to a minute
     */
    record Reported(int workers, long cpuMinutes) {}

    /** Adds up. A minute of each worker is the CVM's own rounding, and is never a difference. */
    static Used of(List<Meter> meters, int gpusOfOne, Reported reported, int tolerancePercent) {
        long cpu = roundedUp(meters.stream().mapToLong(Meter::cpuMillis).sum());
        long memory = roundedUp(meters.stream().mapToLong(Meter::memMibMillis).sum());
        long gpu = roundedUp(meters.stream().mapToLong(Meter::millis).sum() * gpusOfOne);
        EnumSet<Flag> flags = EnumSet.noneOf(Flag.class);
        if (meters.isEmpty()) {
            flags.add(Flag.NOT_MEASURED);
        }
        if (reported.workers() < meters.size()) {
            flags.add(Flag.NOT_REPORTED);
        } else if (!meters.isEmpty()) {
            long said = reported.cpuMinutes() * SECONDS_OF_A_MINUTE;
            long rounding = reported.workers() * SECONDS_OF_A_MINUTE;
            long tolerated = Math.ceilDiv(cpu * tolerancePercent, HUNDRED) + rounding;
            if (Math.abs(said - cpu) > tolerated) {
                flags.add(Flag.REPORT_DIFFERS);
            }
        }
        return new Used(cpu, memory, gpu, flags);
    }

    /** The same, compared with what slurmdbd says the placeholder was given. */
    Used beside(long given, int tolerancePercent) {
        EnumSet<Flag> more = flags.isEmpty() ? EnumSet.noneOf(Flag.class) : EnumSet.copyOf(flags);
        if (cpuSeconds > given + Math.ceilDiv(given * tolerancePercent, HUNDRED)) {
            more.add(Flag.MORE_THAN_ALLOCATED);
        }
        return new Used(cpuSeconds, memMibSeconds, gpuSeconds, more);
    }

    /** What stands at the placeholder; docs/operations/accounting.md has the format. */
    String text() {
        return "cloister:1:used:" + cpuSeconds + ":" + memMibSeconds + ":" + gpuSeconds + ":" + Flag.number(flags);
    }

    /**
     * Whole cores that amount to no less than was used; at least one. They are for the whole time, or for what was left of it
     * when hosts were given back: what was held before counts as it was given.
     */
    long cores(JobRecord record) {
        return evenly(cpuSeconds - record.cpuSecondsBefore(), record.lastSeconds());
    }

    /** Whole MiB that amount to no less than was used, in the same way; at least one. */
    long memMib(JobRecord record) {
        return evenly(memMibSeconds - record.memMibSecondsBefore(), record.lastSeconds());
    }

    private static long evenly(long sum, long seconds) {
        return seconds == 0 ? 1 : Math.max(1, Math.ceilDiv(sum, seconds));
    }

    private static long roundedUp(long millis) {
        return Math.ceilDiv(millis, MILLIS);
    }
}
