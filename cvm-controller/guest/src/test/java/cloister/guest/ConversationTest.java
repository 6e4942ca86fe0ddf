package cloister.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.broker.BootLine;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConversationTest {
    private static final Spki SELF = MachineKey.generate().spki();

    /** A port whose host follows a script; when the script is over, the port fails, which ends the conversation. */
    private static final class Scripted implements BootPort {
        final Deque<byte[]> reads = new ArrayDeque<>();
        final ByteArrayOutputStream written = new ByteArrayOutputStream();

        /** The host's end is closed for one look. */
        Scripted closed() {
            reads.add(new byte[0]);
            return this;
        }

        Scripted says(String text) {
            reads.add(text.getBytes(StandardCharsets.UTF_8));
            return this;
        }

        Scripted says(BootLine line) {
            return says(new String(BootLines.write(line), StandardCharsets.UTF_8) + "\n");
        }

        @Override
        public int read(byte[] into) throws IOException {
            byte[] next = reads.poll();
            if (next == null) {
                throw new IOException("the script is over");
            }
            if (next.length > into.length) {
                reads.addFirst(java.util.Arrays.copyOfRange(next, into.length, next.length));
                next = java.util.Arrays.copyOf(next, into.length);
            }
            System.arraycopy(next, 0, into, 0, next.length);
            return next.length == 0 ? -1 : next.length;
        }

        @Override
        public void write(byte[] bytes) {
            written.writeBytes(bytes);
        }

        @Override
        public void close() {}

        List<String> lines() {
            return written.toString(StandardCharsets.UTF_8).lines().toList();
        }
    }

    private final List<String> log = new ArrayList<>();
    private final List<Instant> times = new ArrayList<>();
    private final List<Boot> became = new ArrayList<>();
    private final Scripted port = new Scripted();

    private final Conversation.Ears ears = new Conversation.Ears() {
        @Override
        public void time(Instant now) {
            times.add(now);
        }

        @Override
        public void become(Boot boot, BootLine line) throws IOException {
            if (line.nonce().equals(Lines.nonce(666))) {
                throw new IOException("the firewall would not load");
            }
            became.add(boot);
        }
    };

    private void talk() {
        var conversation = new Conversation(port, new Conversation.Self(SELF, null, 5), ears, null, log::add);
        assertThatThrownBy(conversation::run).isInstanceOf(IOException.class).hasMessage("the script is over");
    }

    private static String hello(int nonce) {
        return "{\"v\":1,\"nonce\":\"" + Lines.nonce(nonce) + "\",\"tlsSpki\":\"" + SELF.base64() + "\",\"image\":5}";
    }

    @Test
    void a_guest_says_ready_hears_who_it_is_and_says_hello() {
        port.says(Lines.worker(Lines.nonce(1)));
        talk();
        assertThat(port.lines()).containsExactly("ready", hello(1));
        assertThat(times).containsExactly(Instant.ofEpochMilli(Lines.NOW_MS));
        assertThat(became).containsExactly(Boot.of(Lines.worker(Lines.nonce(1))));
        assertThat(log).isEmpty();
    }

    @Test
    void a_host_that_is_not_there_yet_is_waited_for() {
        port.closed().closed().says(Lines.worker(Lines.nonce(1)));
        talk();
        assertThat(port.lines()).containsExactly("ready", "ready", "ready", hello(1));
    }

    @Test
    void a_line_may_come_in_pieces_and_two_at_once() {
        String both = new String(BootLines.write(Lines.worker(Lines.nonce(1))), StandardCharsets.UTF_8) + "\n"
                + new String(BootLines.write(Lines.worker(Lines.nonce(2))), StandardCharsets.UTF_8) + "\n";
        port.says(both.substring(0, 40)).says(both.substring(40, 41)).says(both.substring(41));
        talk();
        assertThat(port.lines()).containsExactly("ready", hello(1), hello(2));
    }

    @Test
    void a_restarted_backend_hears_the_same_key_under_its_new_nonce() {
        port.says(Lines.worker(Lines.nonce(1))).closed().says(Lines.worker(Lines.nonce(2), 3, 1_900_000_000L));
        talk();
        assertThat(port.lines()).containsExactly("ready", hello(1), "ready", hello(2));
        assertThat(became).hasSize(1);
        assertThat(times).hasSize(2);
    }

    @Test
    void half_a_line_from_a_broken_connection_is_forgotten() {
        port.says("{\"v\":1,").closed().says(Lines.worker(Lines.nonce(2)));
        talk();
        assertThat(port.lines()).containsExactly("ready", "ready", hello(2));
    }

    @Test
    void a_line_for_another_guest_is_not_answered() {
        port.says(Lines.worker(Lines.nonce(1)))
                .says(Lines.worker(Lines.nonce(2), 4, 1_800_000_000L))
                .says(Lines.cvm(Lines.nonce(3)));
        talk();
        assertThat(port.lines()).containsExactly("ready", hello(1));
        assertThat(log).hasSize(2).allMatch(line -> line.contains("another guest"));
        assertThat(times).as("nor believed about the time").hasSize(1);
    }

    @Test
    void a_line_that_is_wrong_or_too_long_is_refused_and_the_next_one_heard() {
        port.says("hello\n").says("x".repeat(100_000) + "\n").says(Lines.worker(Lines.nonce(1)));
        talk();
        assertThat(port.lines()).containsExactly("ready", hello(1));
        assertThat(log).hasSize(2);
        assertThat(log.get(1)).contains("longer than 65536");
    }

    @Test
    void a_guest_that_cannot_become_what_it_is_told_says_no_hello() {
        port.says(Lines.worker(Lines.nonce(666)));
        var conversation = new Conversation(port, new Conversation.Self(SELF, null, 5), ears, null, log::add);
        assertThatThrownBy(conversation::run).hasMessage("the firewall would not load");
        assertThat(port.lines()).containsExactly("ready");
    }

    @Test
    void a_restarted_controller_stays_who_it_was() {
        port.says(Lines.worker(Lines.nonce(2), 4, 1_800_000_000L)).says(Lines.worker(Lines.nonce(3)));
        var conversation = new Conversation(
                port, new Conversation.Self(SELF, null, 5), ears, Boot.of(Lines.worker(Lines.nonce(1))), log::add);
        assertThatThrownBy(conversation::run).hasMessage("the script is over");
        assertThat(port.lines()).containsExactly("ready", hello(3));
        assertThat(became).isEmpty();
    }

    @Test
    void a_cvm_says_its_host_key_too() {
        port.says(Lines.cvm(Lines.nonce(1)));
        var conversation =
                new Conversation(port, new Conversation.Self(SELF, "ssh-ed25519 AAAA", 5), ears, null, log::add);
        assertThatThrownBy(conversation::run).hasMessage("the script is over");
        assertThat(port.lines().get(1)).contains("\"sshHostKey\":\"ssh-ed25519 AAAA\"");
    }
}
