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
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Says what a real slurmrestd once said, request by request. */
final class CannedSlurmrestd implements AutoCloseable {
    static final JsonMapper JSON = JsonMapper.builder().build();
    static final String TOKEN = "aaaa.bbbb.cccc";

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
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Path folder;
    final List<Heard> heard = new CopyOnWriteArrayList<>();

    CannedSlurmrestd(Path folder) throws IOException {
        this.folder = folder;
        Files.writeString(folder.resolve("token"), TOKEN + "\n");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** A recorded reply: {@code {"http": status, "body": text or JSON}}. */
    static JsonNode recorded(String name) throws IOException {
        try (InputStream in = CannedSlurmrestd.class.getResourceAsStream("/replies/" + name + ".json")) {
            if (in == null) throw new IOException("no such reply: " + name);
            return JSON.readTree(in.readAllBytes());
        }
    }

    CannedSlurmrestd on(String request, String reply) throws IOException {
        JsonNode recorded = recorded(reply);
        JsonNode body = recorded.required("body");
        return on(request, recorded.required("http").asInt(), body.isString() ? body.asString() : body.toString());
    }

    CannedSlurmrestd on(String request, int status, String body) {
        replies.put(request, new Canned(status, body));
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

    SlurmBridgeConfig config() {
        URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        return new SlurmBridgeConfig(
                url, "cloister", folder.resolve("token"), "batch", folder.resolve("gate"), Duration.ofSeconds(2));
    }

    RestPlaceholders placeholders() {
        return RestPlaceholders.connect(config());
    }

    private void answer(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        String target = exchange.getRequestURI().toString();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        heard.add(new Heard(
                method,
                target,
                String.valueOf(exchange.getRequestHeaders().getFirst("X-SLURM-USER-NAME")),
                String.valueOf(exchange.getRequestHeaders().getFirst("X-SLURM-USER-TOKEN")),
                exchange.getRequestHeaders().getFirst("Upgrade"),
                body));
        Canned canned = replies.get(method + " " + target);
        if (canned == null) throw new IOException("nobody expected " + method + " " + target);
        if (canned.status() < 0) throw new IOException("cutting the connection, as asked");
        if (canned.status() == 0) {
            waitForTheEnd();
            return;
        }
        byte[] bytes = canned.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders()
                .set("Content-Type", canned.body().startsWith("{") ? "application/json" : "text/plain");
        exchange.sendResponseHeaders(canned.status(), bytes.length == 0 ? -1 : bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
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
