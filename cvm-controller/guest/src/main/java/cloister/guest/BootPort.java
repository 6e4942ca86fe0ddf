package cloister.guest;

import cloister.broker.BootChannel;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The guest's end of the boot channel: a virtio-serial port (QEMU's virtio-console; Linux drivers/char/virtio_console.c). */
public interface BootPort extends Closeable {
    /** Waits for bytes from the host. −1 while the host's end is closed: the caller decides when to look again. */
    int read(byte[] into) throws IOException;

    /** Waits until the host's end is open, then writes everything. */
    void write(byte[] bytes) throws IOException;

    /**
     * The port of this guest, found by the name that the domain gave it: {@code /dev} has no names without udev.
     *
     * @param sys usually {@code /sys}
     * @param dev usually {@code /dev}
     * @param limit how long the kernel may take to show it
     */
    static BootPort find(Path sys, Path dev, Duration limit) throws IOException, InterruptedException {
        Path ports = sys.resolve("class/virtio-ports");
        long end = System.nanoTime() + limit.toNanos();
        Optional<Path> found = named(ports);
        while (found.isEmpty()) {
            if (System.nanoTime() > end) {
                throw new IOException("this guest has no port " + BootChannel.port()
                        + ": its domain was not made by the backend's template");
            }
            Thread.sleep(Pause.SHORT);
            found = named(ports);
        }
        return new Device(new RandomAccessFile(dev.resolve(found.get()).toFile(), "rw"));
    }

    private static Optional<Path> named(Path ports) throws IOException {
        if (!Files.isDirectory(ports)) {
            return Optional.empty();
        }
        try (var all = Files.newDirectoryStream(ports)) {
            for (Path port : all) {
                Path name = port.resolve("name");
                if (Files.isReadable(name) && Files.readString(name).strip().equals(BootChannel.port())) {
                    return Optional.of(port.getFileName());
                }
            }
        }
        return Optional.empty();
    }

    /** How long to wait between two looks at what has no event to wait for. */
    final class Pause {
        static final Duration SHORT = Duration.ofMillis(50);

        private Pause() {}
    }

    /**
     * The device. It can be opened once only, so one open file does both directions.
     *
     * @param file the open device
     */
    record Device(RandomAccessFile file) implements BootPort {
        @Override
        public int read(byte[] into) throws IOException {
            return file.read(into);
        }

        @Override
        public void write(byte[] bytes) throws IOException {
            file.write(bytes);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
