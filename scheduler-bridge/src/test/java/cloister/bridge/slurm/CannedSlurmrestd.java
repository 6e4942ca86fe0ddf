package cloister.bridge.slurm;

import cloister.bridge.SlurmBridgeConfig;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Says what a real slurmrestd once said, request by request. */
final class CannedSlurmrestd implements AutoCloseable {
    static final JsonMapper JSON = JsonMapper.builder().build();
    static final String OLDER = "v0.0.42";
    static final String NEWER = "v0.0.45";
    static final String TOKEN = token("{\"exp\":1795460283,\"iat\":1795373883,\"sun\":\"cloister\"}");

    /** What was asked of it. */
    record Heard(
            String method,
            String target,
            String user,
            String token,
            @Nullable String upgrade,
            String body) {}

    private record Canned(int status, String body) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Canned> replies = new ConcurrentHashMap<>();
    private final AtomicInteger inside = new AtomicInteger();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Path folder;
    private final String version;
    private volatile boolean crowded;
    final List<Heard> heard = new CopyOnWriteArrayList<>();
    final List<String> pings = new CopyOnWriteArrayList<>();
    final AtomicInteger mostAtOnce = new AtomicInteger();

    /** Serves one version, as {@code slurmrestd -d} does. */
    CannedSlurmrestd(Path folder, String version) throws IOException {
        this(folder, version, 0);
    }

    /** The same, where one listened before. */
    CannedSlurmrestd(Path folder, String version, int port) throws IOException {
        this.folder = folder;
        this.version = version;
        Files.writeString(folder.resolve("token"), TOKEN + "\n");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 16);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** A token with these claims, which nobody has signed. */
    static String token(String claims) {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        return encoder.encodeToString("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8)) + "."
                + encoder.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".c2lnbmF0dXJl";
    }

    /** A recorded reply of this version: {@code {"http": status, "body": text or JSON}}. */
    JsonNode recorded(String name) throws IOException {
        try (InputStream in =
                CannedSlurmrestd.class.getResourceAsStream("/replies/" + version + "/" + name + ".json")) {
            if (in == null) throw new IOException("no such reply: " + name);
            return JSON.readTree(in.readAllBytes());
        }
    }

    /** The recorded running job, to be changed. */
    ObjectNode runningJob() throws IOException {
        return recorded("job-running")
                .required("body")
                .required("jobs")
                .required(0)
                .asObject();
    }

    CannedSlurmrestd on(String request, String reply) throws IOException {
        JsonNode recorded = recorded(reply);
        JsonNode body = recorded.required("body");
        return on(request, recorded.required("http").asInt(), body.isString() ? body.asString() : body.toString());
    }

    /** VERSION in a request is the version that this one serves. */
    CannedSlurmrestd on(String request, int status, String body) {
        replies.put(request.replace("VERSION", version), new Canned(status, body));
        return this;
    }

    /** Takes the request and never answers. */
    CannedSlurmrestd silentOn(String request) {
        return on(request, 0, "");
    }

    /** Takes the request and cuts the connection. */
    CannedSlurmrestd cuttingOn(String request) {
        return on(request, -1, "");
    }

    /** Takes the request and sends an answer that never ends. */
    CannedSlurmrestd endlessOn(String request) {
        return on(request, -2, "");
    }

    int port() {
        return server.getAddress().getPort();
    }

    SlurmBridgeConfig config() {
        return config(Duration.ofSeconds(30));
    }

    SlurmBridgeConfig config(Duration timeout) {
        URI url = URI.create("http://127.0.0.1:" + port());
        return new SlurmBridgeConfig(
                url, "cloister", folder.resolve("token"), "batch", folder.resolve("gate"), timeout);
    }

    RestPlaceholders placeholders() {
        return RestPlaceholders.connect(config());
    }

    /** Counts those that are here at once; the whole crowd has 100 ms to come together. */
    CannedSlurmrestd crowded(boolean now) {
        crowded = now;
        return this;
    }

    private void answer(HttpExchange exchange) throws IOException {
        mostAtOnce.accumulateAndGet(inside.incrementAndGet(), Math::max);
        try {
            if (crowded) closing.await(100, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted in the crowd", e);
        } finally {
            // Before the answer: whoever has it may send the next request at once.
            inside.decrementAndGet();
        }
        answerNow(exchange);
    }

    private void answerNow(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        String target = exchange.getRequestURI().toString();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (target.endsWith("/ping/")) {
            ping(exchange, target);
            return;
        }
        heard.add(new Heard(
                method,
                target,
                String.valueOf(exchange.getRequestHeaders().getFirst("X-SLURM-USER-NAME")),
                String.valueOf(exchange.getRequestHeaders().getFirst("X-SLURM-USER-TOKEN")),
                exchange.getRequestHeaders().getFirst("Upgrade"),
                body));
        Canned canned = replies.get(method + " " + target);
        if (canned == null) canned = replies.get(method + " " + target.replaceAll("\\?.*", ""));
        if (canned == null && target.endsWith("/jobs/state/")) canned = states(target);
        if (canned == null) throw new IOException("nobody expected " + method + " " + target);
        if (canned.status() == -2) {
            sendWithoutEnd(exchange);
            return;
        }
        if (canned.status() < 0) throw new IOException("cutting the connection, as asked");
        if (canned.status() == 0) {
            waitForTheEnd();
            return;
        }
        send(exchange, canned);
    }

    /** The short list that fits the long one; trouble with the long one is trouble with both. */
    private @Nullable Canned states(String target) {
        Canned jobs = replies.get("GET " + target.replace("state/", ""));
        if (jobs == null || jobs.status() != 200) return jobs;
        JsonNode list = JSON.readTree(jobs.body()).path("jobs");
        if (!list.isArray()) return jobs;
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode lines = answer.putArray("jobs");
        for (JsonNode job : list) {
            ObjectNode line = lines.addObject();
            line.put("job_id", job.path("job_id").asString());
            line.set("state", job.path("job_state"));
        }
        answer.putArray("errors");
        return new Canned(200, answer.toString());
    }

    private void ping(HttpExchange exchange, String target) throws IOException {
        pings.add(target);
        send(
                exchange,
                target.contains("/" + version + "/")
                        ? new Canned(200, "{\"pings\": []}")
                        : new Canned(404, "Unable to find requested URL endpoint."));
    }

    private static void send(HttpExchange exchange, Canned canned) throws IOException {
        byte[] bytes = canned.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders()
                .set("Content-Type", canned.body().startsWith("{") ? "application/json" : "text/plain");
        exchange.sendResponseHeaders(canned.status(), bytes.length == 0 ? -1 : bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    /** Until the other side hangs up, which throws. */
    private static void sendWithoutEnd(HttpExchange exchange) throws IOException {
        byte[] spaces = " ".repeat(1024 * 1024).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write("{\"jobs\": [".getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < 1024; i++) out.write(spaces);
        }
    }

    private void waitForTheEnd() throws IOException {
        try {
            closing.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while saying nothing", e);
        }
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
