package cloister.backend.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A UNIX socket in the shape that the PostgreSQL driver expects, with a working read time-out. */
final class UnixSocket extends Socket {
    private final UnixDomainSocketAddress address;
    private @Nullable SocketChannel channel;
    private @Nullable Selector readable;
    private @Nullable Selector writable;
    private volatile int timeoutMillis;
    private volatile boolean closed;

    UnixSocket(UnixDomainSocketAddress address) {
        this.address = address;
    }

    @Override
    public void connect(SocketAddress ignored) throws IOException {
        connect(ignored, 0);
    }

    @Override
    public void connect(SocketAddress ignored, int timeout) throws IOException {
        // A UNIX socket connects at once or not at all.
        SocketChannel connected = SocketChannel.open(address);
        connected.configureBlocking(false);
        readable = Selector.open();
        writable = Selector.open();
        connected.register(readable, SelectionKey.OP_READ);
        connected.register(writable, SelectionKey.OP_WRITE);
        channel = connected;
    }

    private static <T> T open(@Nullable T part) throws IOException {
        if (part == null) {
            throw new IOException("the socket is not connected");
        }
        return part;
    }

    private int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
        Selector selector = open(readable);
        while (true) {
            int count = open(channel).read(buffer);
            if (count != 0) {
                return count;
            }
            selector.selectedKeys().clear();
            if (selector.select(timeoutMillis) == 0 && timeoutMillis > 0) {
                throw new SocketTimeoutException("no answer within " + timeoutMillis + " ms");
            }
        }
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
        Selector selector = open(writable);
        while (buffer.hasRemaining()) {
            if (open(channel).write(buffer) == 0) {
                selector.selectedKeys().clear();
                selector.select();
            }
        }
    }

    @Override
    public InputStream getInputStream() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return UnixSocket.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return UnixSocket.this.read(bytes, offset, length);
            }

            @Override
            public void close() throws IOException {
                UnixSocket.this.close();
            }
        };
    }

    @Override
    public OutputStream getOutputStream() {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                UnixSocket.this.write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                UnixSocket.this.write(bytes, offset, length);
            }

            @Override
            public void close() throws IOException {
                UnixSocket.this.close();
            }
        };
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        if (channel != null && readable != null && writable != null) {
            channel.close();
            readable.close();
            writable.close();
        }
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean isConnected() {
        return channel != null;
    }

    @Override
    public void setSoTimeout(int timeout) {
        timeoutMillis = timeout;
    }

    @Override
    public int getSoTimeout() {
        return timeoutMillis;
    }

    // What follows tunes TCP, which this is not.

    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public boolean getTcpNoDelay() {
        return true;
    }

    @Override
    public void setKeepAlive(boolean on) {}

    @Override
    public boolean getKeepAlive() {
        return false;
    }

    @Override
    public void setReceiveBufferSize(int size) {}

    @Override
    public int getReceiveBufferSize() {
        return 1 << 16;
    }

    @Override
    public void setSendBufferSize(int size) {}

    @Override
    public int getSendBufferSize() {
        return 1 << 16;
    }
}
