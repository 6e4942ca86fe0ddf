package cloister.control;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Cuts connections whose time is up. A time limit per read would not do: a peer that sends a byte now and then would hold a
 * connection for ever.
 */
final class Deadlines {
    private static final ScheduledThreadPoolExecutor CLOCK = clock();

    private Deadlines() {}

    private static ScheduledThreadPoolExecutor clock() {
        var clock = new ScheduledThreadPoolExecutor(
                1,
                task -> Thread.ofPlatform().daemon().name("control-deadlines").unstarted(task));
        clock.setRemoveOnCancelPolicy(true);
        return clock;
    }

    /** Until the answer is closed; then the socket is out of danger. */
    static Alarm cut(Socket plain, Duration limit) {
        return new Alarm(CLOCK.schedule(() -> close(plain), limit.toMillis(), TimeUnit.MILLISECONDS));
    }

    static void close(Socket plain) {
        try {
            plain.close();
        } catch (IOException e) {
            // A socket that fails to close is closed: its descriptor is gone either way, and nobody waits for the
            // answer.
        }
    }

    /**
     * A running limit.
     *
     * @param cut what happens when it is over
     */
    record Alarm(ScheduledFuture<?> cut) implements AutoCloseable {
        @Override
        public void close() {
            cut.cancel(false);
        }
    }
}
