package cloister.backend.project;

import cloister.broker.Isolation;

/**
 * What the site's operators decide about a project.
 *
 * @param spread whether the workers of a lease are put on different hosts
 * @param idleSeconds how long an idle worker is kept for the project's next job
 * @param isolation who shares a worker
 * @param warmWorkers how many idle workers are kept at the least
 * @param dayCpuMin the largest spend of a day in CPU minutes; 0 for no limit
 */
public record ProjectPolicy(boolean spread, int idleSeconds, Isolation isolation, int warmWorkers, int dayCpuMin) {
    private static final int LONGEST_IDLE_SECONDS = 24 * 60 * 60;
    private static final int MOST_WARM_WORKERS = 200;

    /** Refuses, in words for the operator, what is out of bounds and what contradicts itself. */
    public ProjectPolicy {
        if (idleSeconds < 0 || idleSeconds > LONGEST_IDLE_SECONDS) {
            throw new IllegalArgumentException("idle seconds are between 0 and " + LONGEST_IDLE_SECONDS);
        }
        if (warmWorkers < 0 || warmWorkers > MOST_WARM_WORKERS) {
            throw new IllegalArgumentException("warm workers are between 0 and " + MOST_WARM_WORKERS);
        }
        if (warmWorkers > 0 && isolation != Isolation.PROJECT) {
            throw new IllegalArgumentException(
                    "warm workers wait for anybody's job: they are for --isolation project only; say --warm 0");
        }
        if (dayCpuMin < 0) {
            throw new IllegalArgumentException("the CPU minutes of a day are 0, for no limit, or more");
        }
    }

    /** Workers that all of the project share, none kept warm, and no limit of a day. */
    public static ProjectPolicy open(boolean spread, int idleSeconds) {
        return new ProjectPolicy(spread, idleSeconds, Isolation.PROJECT, 0, 0);
    }
}
