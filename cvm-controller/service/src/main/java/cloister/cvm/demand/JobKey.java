package cloister.cvm.demand;

import java.util.Comparator;

/**
 * What tells two local jobs apart. The number alone does not: Slurm may give it again after a crash, and a requeued job is
 * a new wish.
 *
 * @param job number of the local job
 * @param submitted Unix seconds of its submission
 * @param restarts how often it was requeued
 */
public record JobKey(int job, long submitted, int restarts) implements Comparable<JobKey> {
    private static final JobKey WARM = new JobKey(0, 0, 0);
    private static final Comparator<JobKey> ORDER = Comparator.comparingLong(JobKey::submitted)
            .thenComparingInt(JobKey::job)
            .thenComparingInt(JobKey::restarts);

    /** No job: what workers are asked for that are kept for the next one. */
    public static JobKey warm() {
        return WARM;
    }

    @Override
    public int compareTo(JobKey other) {
        return ORDER.compare(this, other);
    }
}
