package cloister.backend.machine;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What one guest said and nobody has read yet, as lines. It holds a bounded amount whatever a guest sends: after too long a
 * line, or too many, it takes nothing more and says so.
 */
final class Inbox {
    private static final int LONGEST_LINE_BYTES = 64 * 1024;
    private static final int MOST_LINES = 64;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Item> items = new ArrayDeque<>();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private boolean over;

    /** What a reader may get. */
    sealed interface Item {
        /** A line without its end. */
        record Line(String text) implements Item {}

        /** The guest broke the rules of lines; nothing follows. */
        record Misspoken(String how) implements Item {}

        /** The channel ended; nothing follows. */
        record Ended() implements Item {}

        /** Nothing was said in time. */
        record Silence() implements Item {}
    }

    /** Takes the first {@code length} bytes of the buffer. Returns at once. */
    void take(byte[] buffer, int length) {
        lock.lock();
        try {
            for (int i = 0; i < length && !over; i++) {
                if (buffer[i] == '\n') {
                    endLine();
                } else if (line.size() == LONGEST_LINE_BYTES) {
                    finish(new Item.Misspoken("a line of more than " + LONGEST_LINE_BYTES + " bytes"));
                } else {
                    line.write(buffer[i]);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void endLine() {
        if (items.size() == MOST_LINES) {
            finish(new Item.Misspoken("more than " + MOST_LINES + " lines at once"));
            return;
        }
        byte[] bytes = line.toByteArray();
        line.reset();
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            items.add(new Item.Line(text));
            changed.signalAll();
        } catch (CharacterCodingException e) {
            finish(new Item.Misspoken("a line that is not UTF-8"));
        }
    }

    /** The channel ended. Returns at once. */
    void end() {
        lock.lock();
        try {
            if (!over) {
                finish(new Item.Ended());
            }
        } finally {
            lock.unlock();
        }
    }

    private void finish(Item last) {
        over = true;
        items.add(last);
        changed.signalAll();
    }

    /** The next item, waiting at most so long. After the last one it comes again and again. */
    Item next(Duration limit) throws InterruptedException {
        long nanos = limit.toNanos();
        lock.lockInterruptibly();
        try {
            while (items.isEmpty()) {
                if (nanos <= 0) {
                    return new Item.Silence();
                }
                nanos = changed.awaitNanos(nanos);
            }
            Item item = items.getFirst();
            if (item instanceof Item.Line) {
                items.removeFirst();
            }
            return item;
        } finally {
            lock.unlock();
        }
    }
}
