package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.GlobalSlurm;
import cloister.slurm.testing.SlurmLine;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The bridge, our plugins and a real Slurm, and what the tests do with them. */
final class BridgeScene implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofMinutes(3);

    final GlobalSlurm slurm;
    final SlurmBridge bridge;
    private final Path folder;
    private final ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> beating;

    BridgeScene(SlurmLine line, Path folder) throws IOException, InterruptedException {
        this(line, folder, UnaryOperator.identity(), Map.of());
    }

    /** The same with other hosts, as {@link GlobalSlurm#start(SlurmLine, Path, Path, UnaryOperator, Map)} says. */
    BridgeScene(SlurmLine line, Path folder, UnaryOperator<String> conf, Map<String, String> files)
            throws IOException, InterruptedException {
        this.folder = folder;
        slurm = GlobalSlurm.start(line, Path.of("../lua-plugins/global"), folder.resolve("gate"), conf, files);
        slurm.writeToken("cloister", folder.resolve("token"));
        bridge = SlurmBridge.connect(config(slurm.url().toString()));
        beating = heart.scheduleAtFixedRate(() -> bridge.gate().beat(Instant.now()), 0, 5, TimeUnit.SECONDS);
    }

    SlurmBridgeConfig config(String url) {
        return new SlurmBridgeConfig(
                URI.create(url), "cloister", folder.resolve("token"), "batch", slurm.gate(), Duration.ofSeconds(60));
    }

    Placeholders placeholders() {
        return bridge.placeholders();
    }

    static PlaceholderRequest request(Mark mark, int tasks, int cpus, boolean spread) {
        return new PlaceholderRequest(mark, "p7", "m1", tasks, cpus, 2304 * cpus, Duration.ofMinutes(10), spread);
    }

    long place(PlaceholderRequest request) {
        Submission said = placeholders().submit(request);
        assertThat(said).isInstanceOf(Submission.Placed.class);
        return ((Submission.Placed) said).job();
    }

    /** Placed, let through the gate, and running with its script. */
    long run(PlaceholderRequest request) throws Exception {
        long job = place(request);
        bridge.gate().go(atTheGate(job));
        until(job, request.mark(), found -> found.state() == PlaceholderState.RUNNING);
        return job;
    }

    Asked atTheGate(long job) throws Exception {
        return await(
                "gate of " + job,
                () -> bridge.gate().asked().stream()
                        .filter(asked -> asked.job() == job)
                        .findFirst());
    }

    static <T> T await(String what, Looks<T> look) throws Exception {
        Instant end = Instant.now().plus(LONGEST);
        while (Instant.now().isBefore(end)) {
            Optional<T> seen = look.look();
            if (seen.isPresent()) return seen.get();
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new TimeoutException("not within " + LONGEST + ": " + what);
    }

    interface Looks<T> {
        Optional<T> look() throws Exception;
    }

    /** Waits until looking at this one says so. */
    Placeholder until(long job, Mark mark, Predicate<Placeholder> is) throws Exception {
        return await(
                "placeholder " + job,
                () -> placeholders().observe(job, mark) instanceof Lookup.Found(Placeholder found) && is.test(found)
                        ? Optional.of(found)
                        : Optional.empty());
    }

    /** Waits until the cheap look at all says so; as the lease room's loop does it. */
    Placeholder untilListed(Mark mark, Predicate<Placeholder> is) throws Exception {
        try {
            return await(
                    "listed " + mark,
                    () -> listed().stream()
                            .filter(one -> one.mark().equals(mark) && is.test(one))
                            .findFirst());
        } catch (TimeoutException e) {
            throw new AssertionError(e.getMessage() + ", but " + listed() + " and in slurmctld's words " + words(), e);
        }
    }

    private String words() throws IOException, InterruptedException {
        return slurm.run("bash", "-c", "scontrol -o show node; tail -n 60 /var/log/slurm/slurmctld.log");
    }

    List<Placeholder> listed() {
        return placeholders().list() instanceof Survey.Seen seen ? seen.placeholders() : List.of();
    }

    void cancel(long job, Mark mark) throws Exception {
        placeholders().cancel(job, mark);
        until(job, mark, found -> found.state().terminal());
    }

    @Override
    public void close() {
        try {
            assertThat(beating.isDone()).as("the heart has stopped by an error").isFalse();
        } finally {
            heart.shutdownNow();
            slurm.close();
        }
    }
}
