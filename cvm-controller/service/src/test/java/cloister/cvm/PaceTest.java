package cloister.cvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PaceTest {
    private static final Duration AN_HOUR = Duration.ofHours(1);

    private final Pace pace = new Pace(Duration.ZERO, AN_HOUR);

    /** Looks until the next one would be a rare one. */
    private void settle() throws InterruptedException {
        while (pace.pause().isZero()) {
            pace.await(System.nanoTime());
        }
    }

    @Test
    void a_few_looks_are_close_ones_and_then_they_are_rare() throws InterruptedException {
        for (int look = 0; look < 3; look++) {
            assertThat(pace.pause()).isZero();
            pace.await(System.nanoTime());
        }
        assertThat(pace.pause()).isEqualTo(AN_HOUR);

        pace.closely();
        assertThat(pace.pause()).isZero();
    }

    @Test
    void who_waits_for_a_rare_look_is_woken() throws InterruptedException {
        settle();
        Thread looks = Thread.ofPlatform().start(() -> {
            try {
                pace.await(System.nanoTime());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        while (looks.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        pace.closely();
        looks.join();
    }

    @Test
    void a_rare_look_that_is_due_is_not_waited_for() throws InterruptedException {
        settle();
        pace.await(System.nanoTime() - AN_HOUR.toNanos());
    }

    @Test
    void a_submission_brings_close_looks(@TempDir Path folder) throws Exception {
        settle();
        Watches watches = new Watches(_ -> {}, InstantSource.system());
        Thread watch = Thread.ofVirtual().start(() -> {
            try {
                watches.submissions(folder, pace);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        // Until it watches.
        pace.await(System.nanoTime());
        settle();
        Files.writeString(folder.resolve("asked"), "");
        pace.await(System.nanoTime());
        watch.interrupt();
        watch.join();
    }
}
