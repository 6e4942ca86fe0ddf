package cloister.backend.lease;

import cloister.backend.database.TestDatabase;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.SlurmBridge;
import cloister.bridge.SlurmBridgeConfig;
import cloister.slurm.testing.GlobalSlurm;
import cloister.slurm.testing.SlurmLine;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Leases brokered and raw submissions, in turn, to the same real Slurm whose partition is down: all stay queued. Brokered means
 * from the CVMs' wish, through intent, submission and record, until the lease is stored with its job. Raw means the very request
 * that we make, over and over, by a client that does nothing else.
 */
final class SubmitBench {
    private static final int PROJECTS = 10;
    /** What the compilers need until a lease costs no less CPU than the one before: some 15,000. */
    private static final int WARM_UPS = Integer.getInteger("cloister.bench.warm-ups", 6);

    private static final int OF_A_WARM_UP = 3000;
    private static final Duration LONGEST = Duration.ofMinutes(3);
    private static final String BROKERED = "leases brokered";

    /** The fewest are what a small site's client would have; the most are what our own loop has. */
    private static final List<Integer> CONNECTIONS = List.of(8, 64);

    private final Path folder;
    private final SlurmLine line;
    private final int submissions;
    private final int cycles;
    private final Map<String, List<Double>> rounds = new LinkedHashMap<>();
    private int project;

    /** A Slurm of this line; so many submissions a round, and each kind of round so many times. */
    SubmitBench(Path folder, SlurmLine line, int submissions, int cycles) {
        this.folder = folder;
        this.line = line;
        this.submissions = submissions;
        this.cycles = cycles;
    }

    /**
     * What was measured.
     *
     * @param rounds submissions per second, by what was done
     * @param ratio the best brokered round beside the best raw one, whatever its connections
     */
    record Figures(String slurm, int submissions, Map<String, List<Double>> rounds, double ratio) {}

    private record Submit(String path, String contentType, String body) {}

    Figures measure() throws Exception {
        try (GlobalSlurm slurm =
                        GlobalSlurm.start(line, Path.of("../../lua-plugins/global"), folder.resolve("slurm-gate"));
                TestDatabase database = new TestDatabase()) {
            slurm.writeToken("cloister", folder.resolve("slurm-token"));
            accounts(slurm);
            slurm.run("scontrol", "update", "PartitionName=batch", "State=DOWN");
            Submit submit = recorded();
            Fleet fleet = new Fleet(database.source());
            fleet.projects(0);
            warm(fleet, database, submit);
            brokered(slurm, fleet, database);
            raw(slurm.url(), submit, CONNECTIONS.getLast());
            slurm.run("scancel", "-u", "cloister");
            rounds.clear();
            for (int cycle = 0; cycle < cycles; cycle++) {
                empty(slurm);
                brokered(slurm, fleet, database);
                for (int connections : CONNECTIONS) {
                    empty(slurm);
                    raw(slurm.url(), submit, connections);
                    slurm.run("scancel", "-u", "cloister");
                }
            }
            return new Figures(
                    line.toString(),
                    submissions,
                    rounds,
                    best(BROKERED)
                            / CONNECTIONS.stream()
                                    .mapToDouble(connections -> best(raw(connections)))
                                    .max()
                                    .orElseThrow());
        }
    }

    /** Both sides, at simulated servers, which keep nothing: a backend runs for months, and its compilers for two minutes. */
    private void warm(Fleet fleet, TestDatabase database, Submit submit) throws Exception {
        for (int warmUp = 0; warmUp < WARM_UPS; warmUp++) {
            try (PassBench.Server server = new PassBench.Server(0)) {
                SlurmBridge bridge = SlurmBridge.connect(PassBench.config(folder, server.url()));
                BrokerRound.seconds(database.source(), fleet, bridge, PROJECTS, OF_A_WARM_UP);
            }
        }
        HttpServer server = taker(_ -> {});
        int first = project;
        try {
            for (int warmUp = 0; warmUp < WARM_UPS * OF_A_WARM_UP / submissions; warmUp++) {
                raw(url(server), submit, CONNECTIONS.getLast());
            }
            project = first;
        } finally {
            server.stop(0);
        }
    }

    private static String raw(int connections) {
        return String.format(Locale.ROOT, "raw, %d connections", connections);
    }

    private double best(String what) {
        return Collections.max(rounds.getOrDefault(what, List.of()));
    }

    private void add(String what, double seconds) {
        rounds.computeIfAbsent(what, _ -> new ArrayList<>()).add(submissions / seconds);
    }

    private void accounts(GlobalSlurm slurm) throws IOException, InterruptedException {
        int raws = 1 + cycles * CONNECTIONS.size();
        // The numbers of the warm-ups are those of nobody here.
        project = PROJECTS * (WARM_UPS + 1 + cycles);
        List<String> there = slurm.run("sacctmgr", "-nP", "list", "account", "format=account")
                .lines()
                .toList();
        List<String> made = IntStream.rangeClosed(1, project + raws)
                .mapToObj(number -> "p" + number)
                .filter(name -> !there.contains(name))
                .toList();
        List<String> command = new ArrayList<>(List.of("sacctmgr", "-iQ", "add", "account"));
        command.addAll(made);
        command.addAll(List.of("Description=bench", "Organization=bench"));
        slurm.run(command.toArray(String[]::new));
        slurm.run("sacctmgr", "-iQ", "add", "user", "cloister", "Account=" + String.join(",", made));
    }

    /** Nothing of earlier rounds is in slurmctld any more: it forgets within some seventy seconds. */
    private static void empty(GlobalSlurm slurm) throws IOException, InterruptedException {
        slurm.run("scancel", "-u", "cloister");
        long end = System.nanoTime() + LONGEST.toNanos();
        while (!slurm.run("squeue", "-h", "-t", "all", "-o", "%i").isBlank()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("slurmctld keeps jobs that were cancelled");
            }
            TimeUnit.MILLISECONDS.sleep(500);
        }
    }

    private void brokered(GlobalSlurm slurm, Fleet fleet, TestDatabase database) throws Exception {
        SlurmBridge bridge = SlurmBridge.connect(config(slurm.url(), "slurm-token", "slurm-gate"));
        add(BROKERED, BrokerRound.seconds(database.source(), fleet, bridge, PROJECTS, submissions));
        List<String> there = slurm.run("squeue", "-h", "-u", "cloister", "-t", "PENDING", "-o", "%k")
                .lines()
                .toList();
        if (there.size() != submissions || there.stream().distinct().count() != submissions) {
            throw new IllegalStateException(there.size() + " placeholders for " + submissions + " leases");
        }
        slurm.run("scancel", "-u", "cloister");
    }

    private void raw(URI slurmrestd, Submit submit, int connections) throws Exception {
        project++;
        URI url = slurmrestd.resolve(submit.path());
        String token = Files.readString(folder.resolve("slurm-token")).strip().replace("SLURM_JWT=", "");
        AtomicInteger next = new AtomicInteger(1);
        List<String> answers = new ArrayList<>();
        long begin = System.nanoTime();
        try (HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<String>>> all = IntStream.range(0, connections)
                    .mapToObj(_ -> threads.submit(() -> {
                        List<String> own = new ArrayList<>();
                        for (int i = next.getAndIncrement(); i <= submissions; i = next.getAndIncrement()) {
                            own.add(client.send(request(url, token, submit, i), HttpResponse.BodyHandlers.ofString())
                                    .body());
                        }
                        return own;
                    }))
                    .toList();
            for (Future<List<String>> one : all) {
                answers.addAll(one.get());
            }
        }
        add(raw(connections), (System.nanoTime() - begin) / 1e9);
        long taken = answers.stream()
                .filter(answer -> answer.matches("(?s).*\"job_id\":\\s*[1-9].*"))
                .count();
        if (taken != submissions) {
            throw new IllegalStateException("slurmrestd took " + taken + " of " + submissions + ": "
                    + answers.stream()
                            .filter(answer -> !answer.matches("(?s).*\"job_id\":\\s*[1-9].*"))
                            .findFirst());
        }
    }

    private HttpRequest request(URI url, String token, Submit submit, int lease) {
        return HttpRequest.newBuilder(url)
                .header("Content-Type", submit.contentType())
                .header("X-SLURM-USER-NAME", "cloister")
                .header("X-SLURM-USER-TOKEN", token)
                .POST(HttpRequest.BodyPublishers.ofString(submit.body()
                        .replace("cloister:1:1:1:1", "cloister:1:" + project + ":" + lease + ":1")
                        .replace("\"p1\"", "\"p" + project + "\"")))
                .build();
    }

    /** The request that the bridge makes for a lease. */
    private Submit recorded() throws IOException {
        List<Submit> heard = new ArrayList<>();
        HttpServer server = taker(heard::add);
        try {
            var _ = SlurmBridge.connect(config(url(server), "slurm-token", "slurm-gate"))
                    .placeholders()
                    .submit(new PlaceholderRequest(
                            new Mark(1, 1, 1),
                            "p1",
                            "m1",
                            Fleet.WISH.workers(),
                            Fleet.WISH.cpus(),
                            Fleet.WISH.memMiB() + 256,
                            Duration.ofMinutes(Fleet.WISH.termMin() + 2L),
                            false));
        } finally {
            server.stop(0);
        }
        return heard.getFirst();
    }

    /** Takes every submission in our version of the API, and answers nothing else. */
    private HttpServer taker(Consumer<Submit> taken) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean served = path.contains("/" + line.api() + "/");
            if (path.endsWith("/submit")) {
                String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
                taken.accept(new Submit(path, type, body));
            }
            byte[] answer = (served ? "{\"job_id\": 1, \"errors\": []}" : "no").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", served ? "application/json" : "text/plain");
            exchange.sendResponseHeaders(served ? 200 : 404, answer.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(answer);
            }
        });
        server.start();
        return server;
    }

    private static URI url(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private SlurmBridgeConfig config(URI url, String token, String gate) {
        return new SlurmBridgeConfig(
                url, "cloister", folder.resolve(token), "batch", folder.resolve(gate), Duration.ofSeconds(60));
    }
}
