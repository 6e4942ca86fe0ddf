package cloister.backend.console;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * The operators' socket: one line of JSON in, lines of progress and one answer out, then the end. Its file can be opened by
 * its owner and root alone; it gets its name only after it got its mode.
 */
@Component
class Console implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Console.class);
    private static final int LONGEST_REQUEST_BYTES = 64 * 1024;
    private static final int MOST_AT_ONCE = 16;
    private static final Duration LONGEST_REQUEST = Duration.ofSeconds(10);

    private final Path path;
    private final Commands commands;
    private final ExecutorService conversations = Executors.newVirtualThreadPerTaskExecutor();
    private final ScheduledExecutorService patience = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("console-patience").factory());
    private final Semaphore places = new Semaphore(MOST_AT_ONCE);
    private @Nullable ServerSocketChannel server;

    Console(@Value("${cloister.socket}") Path path, Commands commands) {
        this.path = path;
        this.commands = commands;
    }

    @Override
    public void start() {
        try {
            Path unnamed = path.resolveSibling(path.getFileName() + ".new");
            Files.deleteIfExists(unnamed);
            ServerSocketChannel opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            opened.bind(UnixDomainSocketAddress.of(unnamed), MOST_AT_ONCE);
            Files.setPosixFilePermissions(unnamed, PosixFilePermissions.fromString("rw-------"));
            Files.move(unnamed, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            server = opened;
            Thread.ofPlatform().daemon().name("console").start(() -> listen(opened));
        } catch (IOException e) {
            throw new IllegalStateException("the operators' socket " + path + " can't be made: see cloister.socket", e);
        }
    }

    private void listen(ServerSocketChannel opened) {
        while (true) {
            try {
                places.acquire();
                SocketChannel caller = opened.accept();
                conversations.execute(() -> {
                    try (caller) {
                        converse(caller);
                    } catch (IOException e) {
                        LOG.debug("an operator went away: {}", e.getMessage());
                    } finally {
                        places.release();
                    }
                });
            } catch (AsynchronousCloseException e) {
                // The backend stops.
                return;
            } catch (ClosedChannelException e) {
                return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (IOException e) {
                places.release();
                LOG.error("an operator could not be let in", e);
            }
        }
    }

    private void converse(SocketChannel caller) throws IOException {
        ScheduledFuture<?> end =
                patience.schedule(() -> close(caller), LONGEST_REQUEST.toMillis(), TimeUnit.MILLISECONDS);
        String line = line(caller);
        end.cancel(false);
        commands.answer(line, text -> write(caller, text));
    }

    private static void close(SocketChannel caller) {
        try {
            caller.close();
        } catch (IOException e) {
            LOG.debug("a silent operator could not be cut: {}", e.getMessage());
        }
    }

    private static String line(SocketChannel caller) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(LONGEST_REQUEST_BYTES);
        while (caller.read(buffer) >= 0) {
            if (buffer.position() > 0 && buffer.get(buffer.position() - 1) == '\n') {
                return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
            }
            if (!buffer.hasRemaining()) {
                throw new IOException("the request is longer than " + LONGEST_REQUEST_BYTES + " bytes");
            }
        }
        throw new IOException("the request broke off");
    }

    private static void write(SocketChannel caller, String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            caller.write(bytes);
        }
    }

    @Override
    public void stop() {
        try {
            if (server != null) {
                server.close();
            }
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("the operators' socket stays behind: {}", e.getMessage());
        }
        patience.shutdownNow();
        conversations.shutdownNow();
        server = null;
    }

    @Override
    public boolean isRunning() {
        return server != null;
    }
}
