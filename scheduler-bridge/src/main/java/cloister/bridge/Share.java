package cloister.bridge;

/**
 * How many of a placeholder's workers one host carries.
 *
 * @param host the host's name in Slurm
 * @param workers number of workers there, from 1
 */
public record Share(String host, int workers) {
    /** Refuses an empty share. */
    public Share {
        if (workers < 1) throw new IllegalArgumentException("no workers on " + host);
    }
}
