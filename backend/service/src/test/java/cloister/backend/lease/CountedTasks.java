package cloister.backend.lease;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;

/** Virtual threads, as the application has them, whose end can be waited for. */
final class CountedTasks extends AbstractExecutorService {
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Phaser running = new Phaser(1);

    @Override
    public void execute(Runnable command) {
        running.register();
        threads.execute(() -> {
            try {
                command.run();
            } finally {
                running.arriveAndDeregister();
            }
        });
    }

    /** Until all that were given have ended; one caller at a time. */
    void await() {
        running.arriveAndAwaitAdvance();
    }

    @Override
    public void shutdown() {
        threads.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
        return threads.shutdownNow();
    }

    @Override
    public boolean isShutdown() {
        return threads.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return threads.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return threads.awaitTermination(timeout, unit);
    }
}
