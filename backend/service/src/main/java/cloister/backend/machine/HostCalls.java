package cloister.backend.machine;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls to one host, each on a thread of its own with a limit, because a native call into a host that froze doesn't come
 * back and can't be interrupted.
 *
 * <p>After a call that wasn't answered the host counts as silent: further calls fail at once instead of waiting out the
 * limit each, while one probe at a time, in the background, finds out when the host speaks again.
 */
final class HostCalls implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostCalls.class);

    /** Threads per host. Those that hang come back when keepalive has closed the connection. */
    private static final int MOST_THREADS = 8;

    private static final int LONGEST_QUEUE = 256;
    private static final long IDLE_SECONDS = 30;
    private static final long PROBE_SPACING_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** A probe that hangs longer than this is given up and another one tried: connecting may hang for hours. */
    private static final long PROBE_GIVEN_UP_NANOS = TimeUnit.MINUTES.toNanos(2);

    private final String host;
    private final Duration limit;
    private final Callable<?> probe;
    private final ThreadPoolExecutor threads;
    private final AtomicReference<@Nullable Silence> silence = new AtomicReference<>();

    /** Why a host counts as silent, when it was probed last, and whether that probe is still under way. */
    private record Silence(String why, long probedNanos, boolean probing) {
        boolean due(long now) {
            return now - probedNanos > (probing ? PROBE_GIVEN_UP_NANOS : PROBE_SPACING_NANOS);
        }
    }

    /**
     * Calls to a host that is asked nothing yet.
     *
     * @param host its name, for messages
     * @param limit longest wait for an answer
     * @param probe asks the host the cheapest thing there is; fails when it doesn't answer
     */
    HostCalls(String host, Duration limit, Callable<?> probe) {
        this.host = host;
        this.limit = limit;
        this.probe = probe;
        this.threads = new ThreadPoolExecutor(
                MOST_THREADS,
                MOST_THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(LONGEST_QUEUE),
                Thread.ofPlatform().daemon().name("host-" + host + "-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /** Makes the call, unless the host is silent. The call may throw {@link Unanswered} and {@link Rejected} itself. */
    <T> T make(Callable<T> call) throws Unanswered, Rejected {
        refuseWhileSilent();
        CompletableFuture<T> answer = new CompletableFuture<>();
        boolean taken = later(() -> {
            try {
                answer.complete(call.call());
            } catch (Throwable e) {
                // Carried to whoever waits: a thread of the pool has nobody to tell.
                answer.completeExceptionally(e);
            }
        });
        if (!taken) {
            throw new Unanswered("too many calls to " + host + " wait already");
        }
        try {
            return answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw silent();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unanswered("interrupted while waiting for " + host);
        } catch (ExecutionException e) {
            throw answered(e.getCause());
        }
    }

    /** Does the work when the host has a thread for it; nobody waits for it. False when too much waits already. */
    boolean later(Runnable work) {
        try {
            threads.execute(work);
            return true;
        } catch (RejectedExecutionException e) {
            LOG.debug("no thread for {} is free", host);
            return false;
        }
    }

    private Unanswered silent() {
        String why = host + " did not answer within " + limit.toMillis() + " ms";
        if (silence.compareAndSet(null, new Silence(why, System.nanoTime(), false))) {
            LOG.warn("{}: it counts as silent until it speaks again", why);
        }
        return new Unanswered(why);
    }

    private void refuseWhileSilent() throws Unanswered {
        Silence now = silence.get();
        if (now == null) {
            return;
        }
        long time = System.nanoTime();
        Silence next = new Silence(now.why(), time, true);
        if (now.due(time) && silence.compareAndSet(now, next) && !later(() -> probe(next))) {
            silence.compareAndSet(next, now);
        }
        throw new Unanswered(now.why());
    }

    private void probe(Silence mine) {
        try {
            probe.call();
            if (silence.compareAndSet(mine, null)) {
                LOG.info("{} answers again", host);
            }
        } catch (Exception e) {
            LOG.debug("{} is still silent: {}", host, e.getMessage());
            silence.compareAndSet(mine, new Silence(mine.why(), System.nanoTime(), false));
        }
    }

    /** What a failed call means; an {@link Error} or a bug goes on as it is. */
    private RuntimeException answered(@Nullable Throwable cause) throws Unanswered, Rejected {
        return switch (cause) {
            case Unanswered unanswered -> throw unanswered;
            case Rejected rejected -> throw rejected;
            case RuntimeException broken -> broken;
            case Error broken -> throw broken;
            case null, default -> new IllegalStateException("a call to " + host + " failed in a new way", cause);
        };
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
