package cloister.backend.lease;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A slurmrestd of v0.0.42 with many placeholders that run, in a process of its own so that what it takes is not counted as
 * ours. Each job is a recorded one with another number, mark and host, filled up to 12 KB as slurmrestd writes it; the long
 * list takes as long as it does there, 0.6 ms a job.
 */
final class SimulatedSlurmrestd {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String BASE = "/slurm/v0.0.42/";
    private static final int BYTES_A_JOB = 12 * 1024;
    private static final long NANOS_A_JOB = 600_000;

    private final int jobs;
    private final int ofAProject;
    private final String[] parts;
    private final byte[] states;
    private final Map<String, Integer> heard = new TreeMap<>();

    private SimulatedSlurmrestd(int jobs, int ofAProject, Path recorded) throws IOException {
        this.jobs = jobs;
        this.ofAProject = ofAProject;
        this.parts = template(recorded).split("@", -1);
        this.states = IntStream.rangeClosed(1, jobs)
                .mapToObj(job -> "{\"job_id\": \"" + job + "\", \"state\": [\"RUNNING\"]}")
                .collect(Collectors.joining(",", "{\"jobs\": [", "], \"errors\": [], \"warnings\": []}"))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Arguments: how many jobs, how many of one project, and the file of a recorded reply. Prints its port. */
    public static void main(String[] args) throws IOException {
        SimulatedSlurmrestd slurm =
                new SimulatedSlurmrestd(Integer.parseInt(args[0]), Integer.parseInt(args[1]), Path.of(args[2]));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", slurm::answer);
        server.start();
        System.out.println(server.getAddress().getPort());
        // It ends with the process that started it.
        while (System.in.read() >= 0) {
            Thread.onSpinWait();
        }
        System.exit(0);
    }

    /** One job of the reply, with an @ where its number, its mark and its host are to stand. */
    private static String template(Path recorded) throws IOException {
        JsonNode reply = JSON.readTree(Files.readString(recorded));
        ObjectNode job = (ObjectNode) reply.required("body").required("jobs").required(0);
        job.put("comment", "@comment@");
        job.put("job_id", "@id@");
        ((ObjectNode) job.required("time_limit")).put("number", limitMinutes());
        ((ObjectNode) job.required("tasks")).put("number", 1);
        ((ObjectNode) job.required("cpus_per_task")).put("number", 1);
        ObjectNode host = JSON.createObjectNode();
        host.put("index", 0);
        host.put("name", "@host@");
        host.putObject("cpus").put("count", 1).put("used", 0);
        ((ObjectNode) job.required("job_resources").required("nodes"))
                .putArray("allocation")
                .add(host);
        for (int i = 0; job.toString().length() < BYTES_A_JOB; i++) {
            job.putObject("not_read_by_us_" + i)
                    .put("set", true)
                    .put("infinite", false)
                    .put("number", i);
        }
        return job.toString().replace("\"@id@\"", "@").replace("@comment@", "@").replace("@host@", "@");
    }

    static int limitMinutes() {
        return 240;
    }

    static String host(int job) {
        return String.format(Locale.ROOT, "vmh%03d", job % 400);
    }

    private void answer(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/heard")) {
            byte[] counts = JSON.writeValueAsBytes(copy());
            send(exchange, 200, counts);
            return;
        }
        count(path.replaceAll("[0-9]+$", "N"));
        switch (path) {
            case BASE + "ping/" -> send(exchange, 200, "{\"pings\": []}".getBytes(StandardCharsets.UTF_8));
            case BASE + "jobs/state/" -> send(exchange, 200, states);
            case BASE + "jobs/" -> list(exchange);
            default -> send(exchange, 404, "Unable to find requested URL".getBytes(StandardCharsets.UTF_8));
        }
    }

    private synchronized void count(String path) {
        heard.merge(path, 1, Integer::sum);
    }

    private synchronized Map<String, Integer> copy() {
        return new TreeMap<>(heard);
    }

    private void list(HttpExchange exchange) throws IOException {
        LockSupport.parkNanos(NANOS_A_JOB * jobs);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = new BufferedOutputStream(exchange.getResponseBody(), 1 << 16)) {
            write(out, "{\"jobs\": [");
            for (int job = 1; job <= jobs; job++) {
                String mark = "cloister:1:" + (1 + (job - 1) / ofAProject) + ":" + (1 + (job - 1) % ofAProject) + ":1";
                write(out, job == 1 ? "" : ",");
                for (int part = 0; part < parts.length; part++) {
                    write(out, parts[part]);
                    write(out, part == parts.length - 1 ? "" : value(parts[part], job, mark));
                }
            }
            write(out, "], \"errors\": [], \"warnings\": []}");
        }
    }

    private static String value(String before, int job, String mark) {
        if (before.endsWith("\"comment\":\"")) {
            return mark;
        }
        return before.endsWith("\"job_id\":") ? Integer.toString(job) : host(job);
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", status == 200 ? "application/json" : "text/plain");
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }
}
