package cloister.vpn.vici.testing;

import cloister.vpn.vici.Packet;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on a control socket whose conversations are played by the test. */
public final class FakeCharon implements AutoCloseable {
    private final ServerSocketChannel listening;
    private final Path socket;
    private final Queue<SocketChannel> conversations = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> faults = new ConcurrentLinkedQueue<>();
    private final AtomicInteger opened = new AtomicInteger();

    /** What the fake does with one conversation. */
    @FunctionalInterface
    public interface Part {
        void play(Line line) throws IOException;
    }

    private FakeCharon(Path socket, ServerSocketChannel listening) {
        this.socket = socket;
        this.listening = listening;
    }

    public static FakeCharon start(Path folder, Part part) throws IOException {
        Path socket = folder.resolve("charon.vici");
        Files.deleteIfExists(socket);
        ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listening.bind(UnixDomainSocketAddress.of(socket));
        FakeCharon fake = new FakeCharon(socket, listening);
        Thread.ofVirtual().start(() -> fake.serve(part));
        return fake;
    }

    public Path socket() {
        return socket;
    }

    public int conversationsOpened() {
        return opened.get();
    }

    private void serve(Part part) {
        try {
            while (true) {
                SocketChannel channel = listening.accept();
                opened.incrementAndGet();
                conversations.add(channel);
                Thread.ofVirtual().start(() -> converse(part, channel));
            }
        } catch (IOException e) {
            if (listening.isOpen()) {
                faults.add(e);
            }
        }
    }

    private void converse(Part part, SocketChannel channel) {
        try (channel) {
            part.play(new Line(channel));
        } catch (EOFException e) {
            // The client hung up, which ends the conversation and is no fault.
            conversations.remove(channel);
        } catch (IOException e) {
            if (channel.isOpen()) {
                faults.add(e);
            }
        } catch (RuntimeException | AssertionError e) {
            faults.add(e);
        }
    }

    /** What went wrong in the fake itself. */
    public Queue<Throwable> faults() {
        return faults;
    }

    /** Dies as charon does: every conversation ends at once and nobody listens any more. */
    @Override
    public void close() throws IOException {
        listening.close();
        for (SocketChannel channel : conversations) {
            channel.close();
        }
        Files.deleteIfExists(socket);
    }

    /** The server's end of one conversation. */
    public static final class Line {
        private final SocketChannel channel;
        private final DataInputStream in;

        Line(SocketChannel channel) {
            this.channel = channel;
            this.in = new DataInputStream(Channels.newInputStream(channel));
        }

        /** The bytes of the next frame with its length, in hexadecimal. */
        public String hear() throws IOException {
            byte[] frame = new byte[in.readInt()];
            in.readFully(frame);
            return HexFormat.of()
                    .formatHex(ByteBuffer.allocate(4 + frame.length)
                            .putInt(frame.length)
                            .put(frame)
                            .array());
        }

        public Packet read() throws IOException {
            byte[] frame = new byte[in.readInt()];
            in.readFully(frame);
            return Packet.decode(ByteBuffer.wrap(frame));
        }

        public void write(Packet... packets) throws IOException {
            for (Packet packet : packets) {
                byte[] frame = packet.encode();
                say(HexFormat.of().toHexDigits(frame.length) + HexFormat.of().formatHex(frame));
            }
        }

        /** Sends these bytes; spaces are for the reader. */
        public void say(String hex) throws IOException {
            ByteBuffer out = ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
            while (out.hasRemaining()) {
                channel.write(out);
            }
        }

        /** Returns when the client hung up. */
        public void waitForTheEnd() throws IOException {
            in.transferTo(OutputStream.nullOutputStream());
        }
    }
}
