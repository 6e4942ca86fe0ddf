package cloister.control;

/**
 * What the jobs on a worker have used since its boot, by its own count: the hypervisor's figures go first.
 *
 * @param cpuMillis CPU time of all job steps, in milliseconds
 * @param peakMemMiB largest memory of all job steps together, in MiB, rounded up
 * @param uptimeSeconds since the guest's boot
 */
public record Usage(long cpuMillis, int peakMemMiB, long uptimeSeconds) {
    private static final long MOST_CPU_MILLIS = 1024L * 31 * 24 * 3600 * 1000;
    private static final int MOST_MEM_MIB = 16 * 1024 * 1024;

    /** Refuses what is out of bounds. */
    public Usage {
        Bounds.within("cpuMillis", cpuMillis, 0, MOST_CPU_MILLIS);
        Bounds.within("peakMemMiB", peakMemMiB, 0, MOST_MEM_MIB);
        Bounds.within("uptimeSeconds", uptimeSeconds, 0, Integer.MAX_VALUE);
    }
}
