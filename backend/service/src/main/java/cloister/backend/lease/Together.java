package cloister.backend.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Group commit: what several threads ask at the same time one of them does, all of it at once, while the next ones gather. Nobody
 * waits for company. What fails together is done again one by one, so that nobody sees another's failure; an {@link Error} ends
 * the turn, and with it all that was asked in it.
 *
 * @param <A> what is asked
 * @param <R> what came of it
 */
final class Together<A, R> {
    /** Done at once: a few milliseconds' work, which is what the next one waits. */
    private static final int MOST = 64;

    private final Function<List<A>, List<R>> work;
    private final Queue<Ask<A, R>> waiting = new ConcurrentLinkedQueue<>();
    /** Fair: else who has just been answered asks again before the others know, and does his next all alone. */
    private final Lock turn = new ReentrantLock(true);

    /** The work gives an answer to each that was asked, in their order, and does all of it or nothing. */
    Together(Function<List<A>, List<R>> work) {
        this.work = work;
    }

    /** Only who has the turn reads or writes the outcome. */
    private static final class Ask<A, R> {
        private final A what;
        private @Nullable R answer;
        private @Nullable RuntimeException failure;

        private Ask(A what) {
            this.what = what;
        }

        private boolean open() {
            return answer == null && failure == null;
        }
    }

    /** What came of it, once it is done. */
    R on(A what) {
        Ask<A, R> own = new Ask<>(what);
        waiting.add(own);
        turn.lock();
        try {
            while (own.open()) {
                next();
            }
            R answer = own.answer;
            if (answer == null) {
                throw new IllegalStateException("what was asked together failed", own.failure);
            }
            return answer;
        } finally {
            turn.unlock();
        }
    }

    /** How many have asked and are not done, nor being done. */
    int waiting() {
        return waiting.size();
    }

    private void next() {
        List<Ask<A, R>> asks = new ArrayList<>();
        for (Ask<A, R> ask = waiting.poll(); ask != null; ask = asks.size() < MOST ? waiting.poll() : null) {
            asks.add(ask);
        }
        try {
            answer(asks);
        } catch (RuntimeException e) {
            for (Ask<A, R> ask : asks) {
                try {
                    answer(List.of(ask));
                } catch (RuntimeException alone) {
                    ask.failure = alone;
                }
            }
        } finally {
            for (Ask<A, R> ask : asks) {
                if (ask.open()) { // an Error is on its way to who has the turn: the others must not wait for an answer
                    ask.failure = new IllegalStateException("an error ended the turn in which this was to be done");
                }
            }
        }
    }

    private void answer(List<Ask<A, R>> asks) {
        List<R> answers = work.apply(asks.stream().map(ask -> ask.what).toList());
        for (int i = 0; i < asks.size(); i++) {
            asks.get(i).answer = answers.get(i);
        }
    }
}
