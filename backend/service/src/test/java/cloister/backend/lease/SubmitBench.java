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
import java.util.List;
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
    /** As many as our own loop makes. */
    private static final int CONNECTIONS = 16;

    private final Path folder;
    private final SlurmLine line;
    private final int submissions;
    private final int cycles;
    private final List<Double> brokered = new ArrayList<>();
    private final List<Double> raw = new ArrayList<>();
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
     * @param cores which cores Slurm and the rest had
     * @param brokered leases per second, by round
     * @param raw submissions per second, by round
     * @param ratio the best brokered round beside the best raw one
     */
    record Figures(
            String slurm, String cores, int submissions, List<Double> brokered, List<Double> raw, double ratio) {}

    private record Submit(String path, String contentType, String body) {}

    /** All on the same cores; and, where there are two or more, Slurm on some and all others on the rest. */
    List<Figures> measure() throws Exception {
        try (GlobalSlurm slurm =
                        GlobalSlurm.start(line, Path.of("../../lua-plugins/global"), folder.resolve("slurm-gate"));
                TestDatabase database = new TestDatabase()) {
            slurm.writeToken("cloister", folder.resolve("slurm-token"));
            List<Cores> all = Cores.here();
            accounts(slurm, 1 + all.size() * cycles);
            slurm.run("scontrol", "update", "PartitionName=batch", "State=DOWN");
            Submit submit = recorded();
            Fleet fleet = new Fleet(database.source());
            fleet.projects(0);
            warm(fleet, database, submit);
            brokered(slurm, fleet, database);
            raw(slurm.url(), submit);
            List<Figures> figures = new ArrayList<>();
            for (Cores cores : all) {
                cores.give(slurm);
                brokered.clear();
                raw.clear();
                for (int cycle = 0; cycle < cycles; cycle++) {
                    empty(slurm);
                    // The second of them finds the jobs of the first, which are cancelled.
                    if (cycle % 2 == 0) brokered(slurm, fleet, database);
                    raw(slurm.url(), submit);
                    slurm.run("scancel", "-u", "cloister");
                    if (cycle % 2 == 1) brokered(slurm, fleet, database);
                }
                figures.add(new Figures(
                        line.toString(),
                        cores.toString(),
                        submissions,
                        List.copyOf(brokered),
                        List.copyOf(raw),
                        Collections.max(brokered) / Collections.max(raw)));
            }
            Cores.SHARED.give(slurm);
            return figures;
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
                raw(url(server), submit);
            }
            project = first;
        } finally {
            server.stop(0);
        }
    }

    private void accounts(GlobalSlurm slurm, int rounds) throws IOException, InterruptedException {
        // The numbers of the warm-ups are those of nobody here.
        project = PROJECTS * (WARM_UPS + rounds);
        List<String> there = slurm.run("sacctmgr", "-nP", "list", "account", "format=account")
                .lines()
                .toList();
        List<String> made = IntStream.rangeClosed(1, project + rounds)
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
        brokered.add(submissions / BrokerRound.seconds(database.source(), fleet, bridge, PROJECTS, submissions));
        List<String> there = slurm.run("squeue", "-h", "-u", "cloister", "-t", "PENDING", "-o", "%k")
                .lines()
                .toList();
        if (there.size() != submissions || there.stream().distinct().count() != submissions) {
            throw new IllegalStateException(there.size() + " placeholders for " + submissions + " leases");
        }
        slurm.run("scancel", "-u", "cloister");
    }

    private void raw(URI slurmrestd, Submit submit) throws Exception {
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
            List<Future<List<String>>> all = IntStream.range(0, CONNECTIONS)
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
        raw.add(submissions / ((System.nanoTime() - begin) / 1e9));
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
