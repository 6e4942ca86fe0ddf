package cloister.bridge.slurm;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads the long list again and again beside the looks, for what changes without a change of state. It takes slurmrestd 0.6 ms
 * and 8 to 12 KB a job, so it may take a tenth of the time: with a few jobs that is at every look, with ten thousand once in a
 * minute or two.
 */
final class Reread {
    private static final System.Logger LOG = System.getLogger(Reread.class.getName());
    /** A look waits so long for it: what a few hundred jobs take. */
    private static final Duration PATIENCE = Duration.ofMillis(250);

    private static final int SHARE = 10;
    /** A list that once took long for other reasons must not make a small site wait. */
    private static final Duration MOST_REST_A_JOB = Duration.ofMillis(10);

    private static final Duration AFTER_TROUBLE = Duration.ofSeconds(10);

    private final Endpoint slurm;
    private final AtomicLong order = new AtomicLong();
    private @Nullable FutureTask<Optional<Seen>> running;
    private volatile long rest;
    private volatile long finished = System.nanoTime();

    /**
     * The long list.
     *
     * @param asOf when it was asked for
     */
    record Seen(List<Said.Job> jobs, long asOf) {}

    Reread(Endpoint slurm) {
        this.slurm = slurm;
    }

    /** A number that grows with every request for details: what was asked for later has the higher one. */
    long now() {
        return order.incrementAndGet();
    }

    /** Somebody else has just read the long list. */
    void took(long nanos, int jobs) {
        rest = Math.min(nanos * (SHARE - 1), jobs * MOST_REST_A_JOB.toNanos());
        finished = System.nanoTime();
    }

    /** Whether the long list may be read again without taking more than its share of the time. */
    boolean due() {
        return System.nanoTime() - finished >= rest;
    }

    /** What the list says if it has been read since the last call; starts the next one when it is due. */
    Optional<Seen> result() {
        FutureTask<Optional<Seen>> task = running;
        if (task == null) {
            if (!due()) return Optional.empty();
            long asOf = now();
            task = new FutureTask<>(() -> read(asOf));
            running = task;
            Thread.ofVirtual().name("placeholders-reread").start(task);
        }
        try {
            Optional<Seen> seen = task.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            running = null;
            return seen;
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException e) {
            running = null;
            throw new IllegalStateException("the list of jobs could not be read", e.getCause());
        }
    }

    private Optional<Seen> read(long asOf) {
        long began = System.nanoTime();
        Reply<Said.Jobs> reply = slurm.ask(Slurmrestd::jobs);
        long nanos = System.nanoTime() - began;
        if (reply instanceof Reply.Good<Said.Jobs>(Said.Jobs answer) && answer.jobs() != null) {
            took(nanos, answer.jobs().size());
            return Optional.of(new Seen(answer.jobs(), asOf));
        }
        rest = Math.max(nanos * (SHARE - 1), AFTER_TROUBLE.toNanos());
        finished = System.nanoTime();
        LOG.log(Level.WARNING, "details of placeholders may be old: {0}", reply);
        return Optional.empty();
    }
}
