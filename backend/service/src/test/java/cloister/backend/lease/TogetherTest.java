package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class TogetherTest {
    private final List<List<Integer>> done = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch first = new CountDownLatch(1);
    private final CountDownLatch company = new CountDownLatch(1);
    private final Together<Integer, String> together = new Together<>(this::work);

    /** The first work takes until the others have gathered; a 13 fails whoever is with it, a 500 is an error. */
    private List<String> work(List<Integer> asked) {
        if (asked.contains(0)) {
            first.countDown();
            awaitCompany();
        }
        if (asked.contains(13)) {
            throw new IllegalArgumentException("13 among " + asked.size());
        }
        if (asked.contains(500)) {
            throw new AssertionError("500");
        }
        done.add(List.copyOf(asked));
        return asked.stream().map(number -> "did " + number).toList();
    }

    private void awaitCompany() {
        try {
            assertThat(company.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A zero, and while it is worked at, the rest: so many numbers from {@code from} on. */
    private List<Future<String>> all(ExecutorService threads, int count, int from) throws InterruptedException {
        List<Future<String>> asked = new ArrayList<>();
        asked.add(threads.submit(() -> together.on(0)));
        assertThat(first.await(1, TimeUnit.MINUTES)).isTrue();
        CountDownLatch began = new CountDownLatch(count - 1);
        for (int number = from; number < from + count - 1; number++) {
            int what = number;
            asked.add(threads.submit(() -> {
                began.countDown();
                return together.on(what);
            }));
        }
        assertThat(began.await(1, TimeUnit.MINUTES)).isTrue();
        while (together.waiting() < count - 1) {
            Thread.onSpinWait();
        }
        company.countDown();
        return asked;
    }

    @Test
    void whoAsksAloneIsAnsweredAtOnce() {
        company.countDown();

        assertThat(together.on(5)).isEqualTo("did 5");
        assertThat(done).containsExactly(List.of(5));
    }

    @Test
    void whoGathersDuringTheWorkIsDoneAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> asked = all(threads, 12, 1);

            for (int number = 0; number < 12; number++) {
                assertThat(asked.get(number).get()).isEqualTo("did " + number);
            }
            assertThat(done).hasSize(2);
            assertThat(done.getLast())
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(1, 12).boxed().toList());
        }
    }

    @Test
    void aCrowdIsDoneInSeveralTurns() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> asked = all(threads, 151, 100);

            for (Future<String> one : asked) {
                assertThat(one.get()).startsWith("did");
            }
            assertThat(done).allSatisfy(turn -> assertThat(turn).hasSizeLessThanOrEqualTo(64));
            assertThat(done.stream().mapToInt(List::size).sum()).isEqualTo(asked.size());
        }
    }

    @Test
    void nobodySeesTheFailureOfAnother() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> asked = all(threads, 15, 1);

            for (int number = 0; number < 15; number++) {
                if (number == 13) {
                    assertThatThrownBy(asked.get(13)::get).rootCause().hasMessage("13 among 1");
                } else {
                    assertThat(asked.get(number).get()).isEqualTo("did " + number);
                }
            }
        }
    }

    /** The threads are not closed: were one to wait for ever, so would the close. */
    @Test
    void anErrorEndsItsTurnForAllThatAreInItAndForNobodyElse() throws Exception {
        List<Future<String>> asked = all(Executors.newVirtualThreadPerTaskExecutor(), 6, 496);

        assertThat(asked.removeFirst().get(1, TimeUnit.MINUTES)).isEqualTo("did 0");
        List<Class<?>> ends = new ArrayList<>();
        for (Future<String> one : asked) {
            assertThatThrownBy(() -> one.get(1, TimeUnit.MINUTES)).isInstanceOf(ExecutionException.class);
            ends.add(one.exceptionNow().getClass());
        }
        assertThat(ends)
                .containsExactlyInAnyOrder(
                        AssertionError.class,
                        IllegalStateException.class,
                        IllegalStateException.class,
                        IllegalStateException.class,
                        IllegalStateException.class);
        assertThat(together.on(5)).isEqualTo("did 5");
    }

    /** Who comes back at once does not find the turn free while those who were answered with him still wait to hear it. */
    @Test
    void whoAsksAgainAndAgainGathersWithTheOthers() throws Exception {
        AtomicInteger turns = new AtomicInteger();
        Together<Integer, Integer> busy = new Together<>(asked -> {
            turns.incrementAndGet();
            // The work: as long as a commit.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            return asked;
        });
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> asking = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                asking.add(threads.submit(() -> {
                    for (int i = 0; i < 50; i++) {
                        busy.on(i);
                    }
                }));
            }
            for (Future<?> one : asking) {
                one.get();
            }
        }
        assertThat(turns.get()).isLessThan(8 * 50 / 2);
    }
}
