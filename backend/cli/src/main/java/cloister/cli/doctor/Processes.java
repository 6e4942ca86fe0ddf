package cloister.cli.doctor;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Programs with little of the caller's environment, nothing on standard input, a time limit and an output limit.
 *
 * @param limit how long one program may take; a slurmctld that is down is noticed by Slurm's own commands within about 10 s
 * @param mostBytes of standard output and of standard error
 */
record Processes(Duration limit, int mostBytes) implements Commands {
    private static final List<String> KEPT = List.of("PATH", "SLURM_CONF");
    private static final Duration PIPES = Duration.ofSeconds(2);

    /** A site's nodes are the longest answer: about 700 bytes each. */
    Processes() {
        this(Duration.ofSeconds(15), 32 * 1024 * 1024);
    }

    @Override
    public Known<Output> run(List<String> command) {
        String name = command.getFirst();
        ProcessBuilder builder = new ProcessBuilder(command).redirectInput(new File("/dev/null"));
        Map<String, String> environment = builder.environment();
        environment.keySet().retainAll(KEPT);
        // Times are read as UTC and numbers as Slurm's own.
        environment.putAll(Map.of("LC_ALL", "C", "TZ", "UTC", "SLURM_TIME_FORMAT", "standard"));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return Known.unseen(name + " can't be run here: " + e.getMessage());
        }
        try {
            CompletableFuture<Known<String>> out = reader(name, process.getInputStream());
            CompletableFuture<Known<String>> err = reader(name, process.getErrorStream());
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return Known.unseen(name + " did not answer within " + limit.toSeconds() + " s");
            }
            int code = process.exitValue();
            Known<String> said = out.get(PIPES.toMillis(), TimeUnit.MILLISECONDS);
            Known<String> warned = err.get(PIPES.toMillis(), TimeUnit.MILLISECONDS);
            return said.then(text -> warned.map(warning -> new Output(code, text, warning)));
        } catch (ExecutionException e) {
            throw new IllegalStateException("a reader always has an answer", e);
        } catch (TimeoutException e) {
            return Known.unseen(name + " ended, but something that it started did not");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Known.unseen(name + " was interrupted");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private CompletableFuture<Known<String>> reader(String name, InputStream from) {
        CompletableFuture<Known<String>> text = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (from) {
                byte[] bytes = from.readNBytes(mostBytes + 1);
                text.complete(
                        bytes.length > mostBytes
                                ? Known.unseen(name + " says more than " + mostBytes + " bytes")
                                : Known.seen(new String(bytes, StandardCharsets.UTF_8)));
            } catch (IOException e) {
                text.complete(Known.unseen(name + " can't be heard: " + e.getMessage()));
            }
        });
        return text;
    }
}
