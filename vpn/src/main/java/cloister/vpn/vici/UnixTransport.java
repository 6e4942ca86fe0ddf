package cloister.vpn.vici;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Frames over a UNIX stream socket: four bytes of length, most significant first, then the frame. */
final class UnixTransport implements Transport {
    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;

    private UnixTransport(SocketChannel channel, Selector selector, SelectionKey key) {
        this.channel = channel;
        this.selector = selector;
        this.key = key;
    }

    @SuppressWarnings("resource") // the transport closes them, and here an error does
    static UnixTransport connect(Path socket, Deadline deadline) throws CharonLost {
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                Selector selector = Selector.open();
                try {
                    channel.configureBlocking(false);
                    SelectionKey key = channel.register(selector, 0);
                    var transport = new UnixTransport(channel, selector, key);
                    if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                        transport.await(SelectionKey.OP_CONNECT, deadline);
                        channel.finishConnect();
                    }
                    return transport;
                } catch (IOException | RuntimeException e) {
                    selector.close();
                    throw e;
                }
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new CharonLost("no charon answers at " + socket, e);
        }
    }

    @Override
    public void send(byte[] frame, Deadline deadline) throws CharonLost {
        byte[] bytes = new byte[Integer.BYTES + frame.length];
        ByteBuffer out = ByteBuffer.wrap(bytes).putInt(frame.length).put(frame).flip();
        try {
            while (out.hasRemaining()) {
                if (channel.write(out) == 0) {
                    await(SelectionKey.OP_WRITE, deadline);
                }
            }
        } catch (IOException e) {
            throw lost(e);
        } finally {
            Arrays.fill(bytes, (byte) 0);
            Arrays.fill(frame, (byte) 0);
        }
    }

    @Override
    public Optional<ByteBuffer> receive(Deadline deadline) throws CharonLost {
        ByteBuffer head = ByteBuffer.allocate(Integer.BYTES);
        try {
            while (head.position() == 0) {
                if (read(head) == 0 && !ready(SelectionKey.OP_READ, deadline)) {
                    return Optional.empty();
                }
            }
            fill(head, deadline);
            int length = head.flip().getInt();
            if (length < 1 || length > Packet.MOST_BYTES) {
                throw new CharonLost("a frame of an impossible length");
            }
            ByteBuffer frame = ByteBuffer.allocate(length);
            fill(frame, deadline);
            return Optional.of(frame.flip());
        } catch (IOException e) {
            throw lost(e);
        }
    }

    @Override
    public void close() {
        try (selector;
                channel) {
            key.cancel();
        } catch (IOException e) {
            // Nothing is written through this channel any more, so there is nothing that a failed close could lose.
            key.cancel();
        }
    }

    private void fill(ByteBuffer into, Deadline deadline) throws IOException {
        while (into.hasRemaining()) {
            if (read(into) == 0) {
                await(SelectionKey.OP_READ, deadline);
            }
        }
    }

    private int read(ByteBuffer into) throws IOException {
        int count = channel.read(into);
        if (count < 0) {
            throw new CharonLost("charon closed the connection");
        }
        return count;
    }

    private void await(int operation, Deadline deadline) throws IOException {
        if (!ready(operation, deadline)) {
            throw new CharonLost("charon did not go on in time");
        }
    }

    private boolean ready(int operation, Deadline deadline) throws IOException {
        try {
            key.interestOps(operation);
            while (!deadline.isOver()) {
                if (selector.select(deadline.leftMillis()) > 0) {
                    selector.selectedKeys().clear();
                    return true;
                }
                if (Thread.currentThread().isInterrupted()) {
                    throw new CharonLost("the wait for charon was interrupted");
                }
            }
            return false;
        } catch (ClosedSelectorException | java.nio.channels.CancelledKeyException e) {
            throw new CharonLost("the connection to charon was closed", e);
        }
    }

    private static CharonLost lost(IOException cause) {
        return cause instanceof CharonLost lost ? lost : new CharonLost("the connection to charon broke", cause);
    }
}
