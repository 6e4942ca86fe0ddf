package cloister.backend.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostCallsTest {
    private static final Duration LIMIT = Duration.ofMillis(300);

    private final CountDownLatch thawed = new CountDownLatch(1);
    private final AtomicInteger probes = new AtomicInteger();
    private final HostCalls calls = new HostCalls("vmhost1", LIMIT, () -> {
        thawed.await();
        return probes.incrementAndGet();
    });

    @AfterEach
    void thaw() {
        thawed.countDown();
        calls.close();
    }

    @Test
    void an_answer_is_passed_on() throws Unanswered, Rejected {
        assertThat(calls.make(() -> "yes")).isEqualTo("yes");
    }

    @Test
    void a_no_is_passed_on_and_is_no_silence() throws Unanswered, Rejected {
        assertThatThrownBy(() -> calls.make(() -> {
                    throw new Rejected("no");
                }))
                .isInstanceOf(Rejected.class);
        assertThat(calls.make(() -> "yes")).isEqualTo("yes");
    }

    @Test
    void a_bug_is_not_taken_for_an_answer() {
        assertThatThrownBy(() -> calls.make(() -> {
                    throw new IllegalArgumentException("bug");
                }))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void after_one_call_without_an_answer_the_next_ones_fail_at_once_until_the_host_speaks() throws Exception {
        long began = System.nanoTime();
        assertThatThrownBy(() -> calls.make(() -> {
                    thawed.await();
                    return "late";
                }))
                .isInstanceOf(Unanswered.class)
                .hasMessage("vmhost1 did not answer within 300 ms");
        assertThat(System.nanoTime() - began).isBetween(LIMIT.toNanos(), LIMIT.toNanos() * 10);
        AtomicInteger made = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> calls.make(made::incrementAndGet)).isInstanceOf(Unanswered.class);
        }
        assertThat(System.nanoTime() - began).isLessThan(LIMIT.toNanos() * 10);
        assertThat(made).hasValue(0);

        thawed.countDown();
        long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        boolean answered = false;
        while (!answered && System.nanoTime() < until) {
            try {
                calls.make(made::incrementAndGet);
                answered = true;
            } catch (Unanswered e) {
                // The probe is due two seconds after the silence began.
                Thread.onSpinWait();
            }
        }
        assertThat(answered).isTrue();
        assertThat(probes).hasValue(1);
    }
}
