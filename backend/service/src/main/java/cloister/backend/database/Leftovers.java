package cloister.backend.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Processes of a server that runs on a folder though nobody of us started it. Every process of PostgreSQL works in its data
 * folder; the number in the pid file alone may by now be another program's.
 */
final class Leftovers {
    private final Path data;

    Leftovers(Path data) {
        this.data = data;
    }

    boolean running() throws IOException {
        return !processes().isEmpty();
    }

    /** Waits for all of them; who outlives the limit is killed, which PostgreSQL is made to survive. */
    void awaitEnd(Duration limit) throws IOException {
        for (boolean forced : new boolean[] {false, true}) {
            List<ProcessHandle> left = processes();
            if (forced) {
                left.forEach(ProcessHandle::destroyForcibly);
            }
            CompletableFuture<Void> ended = CompletableFuture.allOf(
                    left.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new));
            try {
                ended.get(limit.toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException e) {
                if (forced) {
                    throw new IOException("a PostgreSQL on " + data + " can't be ended: end it by hand", e);
                }
            } catch (ExecutionException e) {
                throw new IOException("can't wait for the PostgreSQL on " + data, e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while an earlier PostgreSQL ended", e);
            }
        }
    }

    private List<ProcessHandle> processes() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            return entries.filter(
                            entry -> entry.getFileName().toString().chars().allMatch(Character::isDigit))
                    .filter(this::worksHere)
                    .map(entry -> Long.parseLong(entry.getFileName().toString()))
                    .flatMap(pid -> ProcessHandle.of(pid).stream())
                    .toList();
        }
    }

    private boolean worksHere(Path process) {
        try {
            return Files.readSymbolicLink(process.resolve("cwd")).equals(data)
                    && Files.readString(process.resolve("comm")).strip().equals("postgres");
        } catch (IOException gone) {
            // It ended meanwhile, or is another user's: then it is not ours.
            return false;
        }
    }
}
