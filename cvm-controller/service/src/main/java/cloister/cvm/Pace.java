package cloister.cvm;

import java.time.Duration;

/**
 * When the local Slurm is looked at next: soon while something is under way, rarely while jobs merely come and go, because a look
 * costs two programs of the machine that schedules them.
 */
final class Pace {
    /** A look may miss by a little what it was meant to see. */
    private static final int CLOSE_LOOKS = 3;

    private final Duration close;
    private final Duration rare;
    private boolean nodes = true;
    private int closeLooks;

    /**
     * A pace that begins with a close look.
     *
     * @param close between two looks while something is under way
     * @param rare between two looks else
     */
    Pace(Duration close, Duration rare) {
        this.close = close;
        this.rare = rare;
        this.closeLooks = CLOSE_LOOKS;
    }

    /** Something is under way: the next looks are close ones. Who waits for a look that would have been later waits no longer. */
    synchronized void closely() {
        closeLooks = CLOSE_LOOKS;
        notifyAll();
    }

    /** Whether the workers' nodes are worth a look. */
    synchronized void nodes(boolean worth) {
        nodes = worth;
    }

    synchronized boolean nodes() {
        return nodes;
    }

    /**
     * Waits for the time of the next look.
     *
     * @param last the end of the last look, by {@link System#nanoTime()}
     */
    synchronized void await(long last) throws InterruptedException {
        long left = left(last);
        while (left > 0) {
            // Not for zero milliseconds, which would be for ever.
            wait(left / 1_000_000 + 1);
            left = left(last);
        }
        closeLooks = Math.max(0, closeLooks - 1);
    }

    /** How long after the last look the next one is due. */
    synchronized Duration pause() {
        return closeLooks > 0 ? close : rare;
    }

    private long left(long last) {
        return pause().toNanos() - (System.nanoTime() - last);
    }
}
