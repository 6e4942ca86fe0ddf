package cloister.cvm.demand;

import java.time.Instant;

/**
 * One worker as room for jobs.
 *
 * @param key which worker
 * @param kind whether it can take jobs, or soon will
 * @param size what it has in all
 * @param free what no job has taken
 * @param tmpMiB its temporary disk in all
 * @param since when {@code kind} or {@code free} last changed
 * @param usableMin the longest time limit, in minutes, of a job that it can still take before its term is over
 * @param tenant whom it serves
 */
public record Slot(
        WorkerKey key, Kind kind, Need size, Need free, int tmpMiB, Instant since, int usableMin, Tenant tenant) {
    /** What can be expected of a worker. */
    public enum Kind {
        /** Asked for, booting or joining: room to come. */
        COMING,
        /** In the local Slurm, without a job. */
        IDLE,
        /** In the local Slurm, with jobs. */
        BUSY,
        /** On its way out: it takes no job, but still counts against the site's limit. */
        LEAVING
    }
}
