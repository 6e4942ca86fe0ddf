package cloister.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Commands as processes of this machine. */
final class Processes implements Commands {
    private static final Duration AFTERGLOW = Duration.ofSeconds(1);
    private static final Path ROOT = Path.of("/");

    @Override
    public Outcome run(Command command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command.arguments()).directory(ROOT.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("LANG", "C.UTF-8");
        builder.environment().put("HOME", "/root");
        builder.environment().putAll(command.environment());
        long end = System.nanoTime() + command.limit().toNanos();
        Process process = builder.start();
        var output = new Pipe(process, process.getInputStream(), command.mostOutput());
        var error = new Pipe(process, process.getErrorStream(), command.mostOutput());
        try {
            Thread.ofPlatform().daemon().name("command-input").start(() -> feed(process, command.input()));
            if (!process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return new Outcome.TimedOut();
            }
            // What it started may keep its streams open; nobody waits for that.
            output.join();
            error.join();
            if (output.overflowed() || error.overflowed()) {
                return new Outcome.TooMuch();
            }
            return new Outcome.Finished(process.exitValue(), output.text(), error.text());
        } finally {
            kill(process);
        }
    }

    private static void feed(Process process, byte[] input) {
        try (OutputStream in = process.getOutputStream()) {
            in.write(input);
        } catch (IOException e) {
            // It ended, or closed its input, without reading all of it: its exit code says whether that is an error.
            return;
        }
    }

    private static void kill(Process process) {
        if (process.isAlive()) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** Drains a stream up to a limit, on its own thread: a full pipe would stop the program. */
    private static final class Pipe {
        private final Thread reader;
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        private boolean overflowed;

        Pipe(Process process, InputStream stream, int most) {
            reader = Thread.ofPlatform().daemon().name("command-output").start(() -> drain(process, stream, most));
        }

        private void drain(Process process, InputStream stream, int most) {
            byte[] chunk = new byte[8192];
            try (stream) {
                for (int n = stream.read(chunk); n >= 0; n = stream.read(chunk)) {
                    if (!keep(chunk, n, most)) {
                        kill(process);
                        return;
                    }
                }
            } catch (IOException e) {
                // The stream of a killed process breaks; what was read until then stands.
                return;
            }
        }

        private synchronized boolean keep(byte[] chunk, int n, int most) {
            if (kept.size() + n > most) {
                overflowed = true;
                return false;
            }
            kept.write(chunk, 0, n);
            return true;
        }

        void join() throws InterruptedException {
            reader.join(AFTERGLOW);
        }

        synchronized boolean overflowed() {
            return overflowed;
        }

        synchronized String text() {
            return kept.toString(StandardCharsets.UTF_8);
        }
    }
}
