package cloister.backend.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InboxTest {
    private final Inbox inbox = new Inbox();

    @Test
    void lines_come_whole_however_they_were_cut() throws InterruptedException {
        for (byte one : "ready\nzweite Zeile: ü\n".getBytes(StandardCharsets.UTF_8)) {
            inbox.take(new byte[] {one, 'x'}, 1);
        }
        assertThat(next()).isEqualTo(new Inbox.Item.Line("ready"));
        assertThat(next()).isEqualTo(new Inbox.Item.Line("zweite Zeile: ü"));
        assertThat(next()).isEqualTo(new Inbox.Item.Silence());
    }

    @Test
    void the_longest_line_is_taken_and_a_longer_one_is_not() throws InterruptedException {
        byte[] longest = new byte[64 * 1024];
        Arrays.fill(longest, (byte) 'a');
        inbox.take(longest, longest.length);
        inbox.take(new byte[] {'\n'}, 1);
        assertThat(next()).isInstanceOf(Inbox.Item.Line.class);
        inbox.take(longest, longest.length);
        inbox.take(longest, 1);
        assertThat(next()).isInstanceOf(Inbox.Item.Misspoken.class);
    }

    @Test
    void a_flood_of_lines_is_cut_off() throws InterruptedException {
        byte[] flood = "\n".repeat(1000).getBytes(StandardCharsets.US_ASCII);
        inbox.take(flood, flood.length);
        int lines = 0;
        while (next() instanceof Inbox.Item.Line) {
            lines++;
        }
        assertThat(lines).isEqualTo(64);
        assertThat(next()).isInstanceOf(Inbox.Item.Misspoken.class);
    }

    @Test
    void what_is_not_utf8_is_refused() throws InterruptedException {
        inbox.take(new byte[] {(byte) 0xc3, '\n'}, 2);
        assertThat(next()).isEqualTo(new Inbox.Item.Misspoken("a line that is not UTF-8"));
    }

    @Test
    void the_end_stays_the_end() throws InterruptedException {
        inbox.end();
        inbox.take(new byte[] {'a', '\n'}, 2);
        assertThat(next()).isEqualTo(new Inbox.Item.Ended());
        assertThat(next()).isEqualTo(new Inbox.Item.Ended());
    }

    private Inbox.Item next() throws InterruptedException {
        return inbox.next(Duration.ZERO);
    }
}
