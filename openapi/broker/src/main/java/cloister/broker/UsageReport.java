package cloister.broker;

/**
 * Body of {@code POST /broker/v1/leases/{n}/usage}: what the CVM saw one worker use. The hypervisor's own figures go first.
 *
 * @param worker number of the worker within the lease, from 1
 * @param cpuMinutes CPU time of the worker in minutes, rounded up
 * @param peakMemMiB largest memory use in MiB, rounded up to {@link Numbers#memoryStepMiB()}
 * @param busyMin minutes in which a job ran on the worker, rounded up
 */
public record UsageReport(int worker, int cpuMinutes, int peakMemMiB, int busyMin) implements Upward {
    private static final int MOST_WORKERS = 1024;
    private static final int MOST_CPU_MINUTES = 1024 * 60 * 24 * 31;
    private static final int MOST_MEM_MIB = 16 * 1024 * 1024;
    private static final int MOST_BUSY_MIN = 60 * 24 * 31;

    /** @throws OutOfBounds where a number is outside the bounds above */
    public UsageReport {
        Numbers.within("worker", worker, 1, MOST_WORKERS);
        Numbers.within("cpuMinutes", cpuMinutes, 0, MOST_CPU_MINUTES);
        Numbers.step("peakMemMiB", peakMemMiB, 0, MOST_MEM_MIB, Numbers.memoryStepMiB());
        Numbers.within("busyMin", busyMin, 0, MOST_BUSY_MIN);
    }
}
