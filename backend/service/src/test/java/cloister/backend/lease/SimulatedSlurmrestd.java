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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A slurmrestd of v0.0.42 with many placeholders that run, and those that are submitted, which wait; in a process of its own so that what it takes is not counted as
 * ours. Each job is a recorded one with another number, mark and host, filled up to 12 KB as slurmrestd writes it; the long
 * list takes as long as it does there, 0.6 ms a job.
 */
final class SimulatedSlurmrestd {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String BASE = "/slurm/v0.0.42/";
    private static final Pattern MARK = Pattern.compile("cloister:1:[0-9]+:[0-9]+:[0-9]+");
    private static final int BYTES_A_JOB = 12 * 1024;
    private static final long NANOS_A_JOB = 600_000;

    private final int jobs;
    private final int ofAProject;
    private final String[] parts;
    private final List<String> submitted = new ArrayList<>();
    private final Map<String, Integer> heard = new TreeMap<>();

    private SimulatedSlurmrestd(int jobs, int ofAProject, Path recorded) throws IOException {
        this.jobs = jobs;
        this.ofAProject = ofAProject;
        this.parts = template(recorded).split("@", -1);
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
        job.putArray("job_state").add("@state@");
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
        return job.toString()
                .replace("\"@id@\"", "@")
                .replace("@comment@", "@")
                .replace("@state@", "@")
                .replace("@host@", "@");
    }

    static int limitMinutes() {
        return 240;
    }

    static String host(int job) {
        return String.format(Locale.ROOT, "vmh%03d", job % 400);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/heard")) {
            byte[] counts = JSON.writeValueAsBytes(copy());
            send(exchange, 200, counts);
            return;
        }
        count(path.replaceAll("[0-9]+$", "N"));
        switch (path) {
            case BASE + "ping/" -> send(exchange, 200, "{\"pings\": []}".getBytes(StandardCharsets.UTF_8));
            case BASE + "jobs/state/" -> send(exchange, 200, states());
            case BASE + "job/submit" -> send(exchange, 200, submit(body));
            case BASE + "jobs/" -> list(exchange);
            default -> one(exchange, path);
        }
    }

    private void one(HttpExchange exchange, String path) throws IOException {
        String id = path.startsWith(BASE + "job/") ? path.substring((BASE + "job/").length()) : "";
        if (id.matches("[1-9][0-9]{0,7}") && Integer.parseInt(id) <= all()) {
            String answer = "{\"jobs\": [" + job(Integer.parseInt(id)) + "], \"errors\": [], \"warnings\": []}";
            send(exchange, 200, answer.getBytes(StandardCharsets.UTF_8));
        } else {
            send(exchange, 404, "Unable to find requested URL".getBytes(StandardCharsets.UTF_8));
        }
    }

    private synchronized byte[] submit(String body) {
        Matcher mark = MARK.matcher(body);
        if (!mark.find()) {
            return "{}".getBytes(StandardCharsets.UTF_8);
        }
        submitted.add(mark.group());
        return ("{\"job_id\": " + (jobs + submitted.size()) + ", \"errors\": []}").getBytes(StandardCharsets.UTF_8);
    }

    private synchronized int all() {
        return jobs + submitted.size();
    }

    private byte[] states() {
        return IntStream.rangeClosed(1, all())
                .mapToObj(job -> "{\"job_id\": \"" + job + "\", \"state\": [\"" + state(job) + "\"]}")
                .collect(Collectors.joining(",", "{\"jobs\": [", "], \"errors\": [], \"warnings\": []}"))
                .getBytes(StandardCharsets.UTF_8);
    }

    private String state(int job) {
        return job > jobs ? "PENDING" : "RUNNING";
    }

    private synchronized String mark(int job) {
        return job > jobs
                ? submitted.get(job - jobs - 1)
                : "cloister:1:" + (1 + (job - 1) / ofAProject) + ":" + (1 + (job - 1) % ofAProject) + ":1";
    }

    private synchronized void count(String path) {
        heard.merge(path, 1, Integer::sum);
    }

    private synchronized Map<String, Integer> copy() {
        return new TreeMap<>(heard);
    }

    private void list(HttpExchange exchange) throws IOException {
        int last = all();
        LockSupport.parkNanos(NANOS_A_JOB * last);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = new BufferedOutputStream(exchange.getResponseBody(), 1 << 16)) {
            write(out, "{\"jobs\": [");
            for (int job = 1; job <= last; job++) {
                write(out, job == 1 ? "" : ",");
                write(out, job(job));
            }
            write(out, "], \"errors\": [], \"warnings\": []}");
        }
    }

    private String job(int job) {
        StringBuilder text = new StringBuilder(BYTES_A_JOB);
        for (int part = 0; part < parts.length; part++) {
            text.append(parts[part]);
            text.append(part == parts.length - 1 ? "" : value(parts[part], job));
        }
        return text.toString();
    }

    private String value(String before, int job) {
        if (before.endsWith("\"comment\":\"")) {
            return mark(job);
        }
        if (before.endsWith("\"job_state\":[\"")) {
            return state(job);
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
