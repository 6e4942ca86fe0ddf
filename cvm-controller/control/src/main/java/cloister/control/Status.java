package cloister.control;

/**
 * How far a worker is.
 *
 * @param joined everything below holds, and slurmd was told to start
 * @param tunnel the tunnel has carried a connection to the CVM's file server
 * @param home {@code /home} is mounted
 * @param scratch the scratch drive is mounted
 * @param slurmd slurmd runs
 * @param uptimeSeconds since the guest's boot
 * @param lastError what failed last on the way; {@link Trouble#NONE} again once it has gone well
 */
public record Status(
        boolean joined,
        boolean tunnel,
        boolean home,
        boolean scratch,
        boolean slurmd,
        long uptimeSeconds,
        Trouble lastError) {
    /** Refuses what is out of bounds. */
    public Status {
        Bounds.within("uptimeSeconds", uptimeSeconds, 0, Integer.MAX_VALUE);
    }
}
