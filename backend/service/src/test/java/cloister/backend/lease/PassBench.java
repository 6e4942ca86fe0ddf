package cloister.backend.lease;

import cloister.backend.database.TestDatabase;
import cloister.bridge.SlurmBridge;
import cloister.bridge.SlurmBridgeConfig;
import cloister.broker.LeaseState;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one pass of the lease loop costs with many placeholders that run: requests to slurmrestd, time until the last lease was
 * looked at, and CPU of the backend and of PostgreSQL. A pass each second, as in production.
 */
final class PassBench {
    private static final Path RECORDED =
            Path.of("../../scheduler-bridge/src/test/resources/replies/v0.0.42/job-running.json");
    private static final int WARM_UP = Integer.getInteger("cloister.bench.warm-up", 10);

    private final Path folder;
    private final int passes;

    PassBench(Path folder, int passes) {
        this.folder = folder;
        this.passes = passes;
    }

    /** One line of the table; times in milliseconds a pass. */
    record Row(
            int placeholders,
            int passes,
            double requests,
            double longLists,
            double wallMedian,
            double wallMost,
            double backendCpu,
            double databaseCpu,
            double connections) {}

    Row measure(int placeholders) throws IOException, InterruptedException {
        try (TestDatabase database = new TestDatabase();
                Server server = new Server(placeholders)) {
            CountingSource counting = new CountingSource(database.source());
            Fleet fleet = new Fleet(counting);
            fleet.running(placeholders);
            SlurmBridge bridge = SlurmBridge.connect(config(folder, server.url()));
            CountedTasks tasks = new CountedTasks();
            LeaseRoom room = LeaseRoom.in(
                    new LeaseRoom.Around(
                            counting,
                            InstantSource.system(),
                            bridge.placeholders(),
                            bridge.gate(),
                            fleet,
                            fleet.projects(),
                            fleet,
                            _ -> {},
                            tasks),
                    production(),
                    200);
            for (int i = 0; i < WARM_UP; i++) {
                pass(room, tasks);
            }
            Row row = passes(placeholders, room, tasks, server, counting);
            int running = room.leases().list(OptionalInt.empty()).stream()
                    .mapToInt(lease -> lease.view().state() == LeaseState.RUNNING ? 1 : 0)
                    .sum();
            if (running != Math.min(placeholders, 1000)) {
                throw new IllegalStateException("only " + running + " leases still run: nothing was measured");
            }
            return row;
        }
    }

    private Row passes(int placeholders, LeaseRoom room, CountedTasks tasks, Server server, CountingSource counting)
            throws IOException, InterruptedException {
        Heard before = server.heard();
        long own = ownCpu();
        long database = databaseCpu();
        long connections = counting.taken();
        double[] walls = new double[passes];
        for (int i = 0; i < passes; i++) {
            long next = System.nanoTime() + Duration.ofSeconds(1).toNanos();
            walls[i] = pass(room, tasks) / 1e6;
            LockSupport.parkNanos(next - System.nanoTime());
        }
        Heard after = server.heard();
        double ownMs = (ownCpu() - own) / 1e6 / passes;
        double databaseMs = (databaseCpu() - database) / 1e6 / passes;
        Arrays.sort(walls);
        return new Row(
                placeholders,
                passes,
                (after.all() - before.all()) / (double) passes,
                (after.longLists() - before.longLists()) / (double) passes,
                walls[passes / 2],
                walls[passes - 1],
                ownMs,
                databaseMs,
                (counting.taken() - connections) / (double) passes);
    }

    private static long pass(LeaseRoom room, CountedTasks tasks) {
        long begin = System.nanoTime();
        room.loop().pass();
        tasks.await();
        return System.nanoTime() - begin;
    }

    /** The settings as they are where nothing is set. */
    static LeaseConfig production() {
        return new LeaseConfig(
                Duration.ofSeconds(1),
                Duration.ofSeconds(15),
                Duration.ofSeconds(60),
                Duration.ofSeconds(20),
                Duration.ofSeconds(60),
                3,
                Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                Duration.ofMinutes(2),
                Duration.ofMinutes(5),
                5,
                Duration.ofMinutes(2),
                Duration.ofSeconds(10),
                NodeLoss.END,
                Duration.ofSeconds(60));
    }

    static SlurmBridgeConfig config(Path folder, URI url) throws IOException {
        Path token = folder.resolve("token");
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        String claims = "{\"exp\":4102444800,\"iat\":1795373883,\"sun\":\"cloister\"}";
        Files.writeString(
                token,
                encoder.encodeToString("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8)) + "."
                        + encoder.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".c2lnbmF0dXJl");
        Files.createDirectories(folder.resolve("gate/asked"));
        Files.createDirectories(folder.resolve("gate/answers"));
        return new SlurmBridgeConfig(url, "cloister", token, "batch", folder.resolve("gate"), Duration.ofMinutes(2));
    }

    static long ownCpu() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    static long databaseCpu() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().command().orElse("").endsWith("/postgres"))
                .mapToLong(process ->
                        process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos())
                .sum();
    }

    /** What it was asked. */
    record Heard(long all, long longLists, long submissions) {}

    /** The simulated one, in its own process. */
    static final class Server implements AutoCloseable {
        private final Process process;
        private final URI url;
        private final HttpClient client = HttpClient.newHttpClient();

        Server(int placeholders) throws IOException {
            process = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            SimulatedSlurmrestd.class.getName(),
                            Integer.toString(placeholders),
                            Integer.toString(Fleet.LEASES_OF_A_PROJECT),
                            RECORDED.toAbsolutePath().toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader lines = process.inputReader();
            String port = lines.readLine();
            if (port == null) {
                throw new IOException("the simulated slurmrestd did not start");
            }
            url = URI.create("http://127.0.0.1:" + port);
        }

        URI url() {
            return url;
        }

        Heard heard() throws IOException, InterruptedException {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(url.resolve("/heard")).build(), HttpResponse.BodyHandlers.ofString());
            JsonNode counts = JsonMapper.builder().build().readTree(answer.body());
            return new Heard(
                    counts.valueStream().mapToLong(JsonNode::asLong).sum(),
                    counts.path("/slurm/v0.0.42/jobs/").asLong(0),
                    counts.path("/slurm/v0.0.42/job/submit").asLong(0));
        }

        @Override
        public void close() {
            client.close();
            process.destroy();
        }
    }
}
