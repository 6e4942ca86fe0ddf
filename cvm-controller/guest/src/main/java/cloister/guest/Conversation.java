package cloister.guest;

import cloister.broker.BootChannel;
import cloister.broker.BootLine;
import cloister.broker.Hello;
import cloister.vpn.identity.Spki;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The guest's part on the boot channel: it says that it is ready, hears who it is, becomes that, and says hello. It says the
 * same hello, under the new nonce, to each later line, because the backend may have been restarted; it never becomes
 * somebody else.
 */
public final class Conversation {
    private static final byte[] READY = (BootChannel.ready() + "\n").getBytes(StandardCharsets.US_ASCII);

    /** What the guest says about itself. */
    public record Self(Spki key, @Nullable String sshHostKey, int image) {}

    /** What the guest does with what it hears. */
    public interface Ears {
        /** Sets the clock: a guest has no other time to trust. Called for each line, before anything else. */
        void time(Instant now) throws IOException, InterruptedException;

        /**
         * Becomes who it is: whatever must stand before anyone hears of this guest. Called once, for the first line; a
         * failure ends the conversation.
         */
        void become(Boot boot, BootLine line) throws IOException, InterruptedException;
    }

    private final BootPort port;
    private final Self self;
    private final Ears ears;
    private final Consumer<String> log;
    private final byte[] chunk = new byte[4096];
    private final byte[] line = new byte[BootChannel.longestLineBytes()];
    private int length;
    private boolean overlong;
    private int chunkAt;
    private int chunkEnd;
    private @Nullable Boot known;

    /**
     * Prepares the conversation.
     *
     * @param known who this guest became before its controller was restarted, or null
     * @param log takes a line for each that was not answered
     */
    public Conversation(BootPort port, Self self, Ears ears, @Nullable Boot known, Consumer<String> log) {
        this.port = port;
        this.self = self;
        this.ears = ears;
        this.known = known;
        this.log = log;
    }

    /** Talks until the port fails, the guest fails to become what it is told, or the thread is interrupted. */
    public void run() throws IOException, InterruptedException {
        while (true) {
            // Written anew for each opening of the host's end: it blocks until that happens.
            port.write(READY);
            Optional<byte[]> heard = nextLine();
            while (heard.isPresent()) {
                answer(heard.get());
                heard = nextLine();
            }
            Thread.sleep(BootPort.Pause.SHORT);
        }
    }

    private void answer(byte[] json) throws IOException, InterruptedException {
        BootLine said;
        Boot boot;
        try {
            said = BootLines.read(json);
            boot = Boot.of(said);
        } catch (IOException | IllegalArgumentException e) {
            log.accept("refused a boot line: " + e.getMessage());
            return;
        }
        Boot was = known;
        if (was != null && !was.sameGuest(boot)) {
            log.accept("refused a boot line: it is for another guest");
            return;
        }
        ears.time(Instant.ofEpochMilli(said.nowMs()));
        if (was == null) {
            ears.become(boot, said);
            known = boot;
        }
        byte[] hello = BootLines.write(
                new Hello(BootChannel.version(), said.nonce(), self.key().base64(), self.sshHostKey(), self.image()));
        byte[] whole = Arrays.copyOf(hello, hello.length + 1);
        whole[hello.length] = '\n';
        port.write(whole);
    }

    /** Nothing, once the host's end is closed: half a line from a broken connection is forgotten. */
    private Optional<byte[]> nextLine() throws IOException {
        length = 0;
        overlong = false;
        while (true) {
            while (chunkAt < chunkEnd) {
                byte next = chunk[chunkAt++];
                if (next == '\n') {
                    if (!overlong) {
                        return Optional.of(Arrays.copyOf(line, length));
                    }
                    log.accept("refused a boot line: longer than " + line.length + " bytes");
                    length = 0;
                    overlong = false;
                } else if (length == line.length) {
                    overlong = true;
                } else {
                    line[length++] = next;
                }
            }
            chunkAt = 0;
            chunkEnd = Math.max(0, port.read(chunk));
            if (chunkEnd == 0) {
                return Optional.empty();
            }
        }
    }
}
