package cloister.bridge;

import static cloister.bridge.BridgeScene.request;
import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.SlurmLine;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What administrators, time, crashes and bad connections do to placeholders in a real Slurm. */
@ParameterizedClass
@EnumSource
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SlurmAdminIT {
    private static final Mark TIMED = new Mark(7, 100, 1);

    @TempDir
    static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static BridgeScene scene;

    private static long timed;

    @Parameter
    @SuppressWarnings("NullAway.Init")
    SlurmLine line;

    @BeforeParameterizedClassInvocation
    static void start(SlurmLine line) throws IOException, InterruptedException {
        scene = new BridgeScene(line, Files.createDirectory(folder.resolve(line.number())));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        if (scene != null) scene.close();
    }

    private static void scontrol(String... words) throws IOException, InterruptedException {
        String[] command = new String[words.length + 1];
        command[0] = "scontrol";
        System.arraycopy(words, 0, command, 1, words.length);
        scene.slurm.run(command);
    }

    private static String job(long job) {
        return "JobId=" + job;
    }

    /** It ends in the last test; the others pass meanwhile. */
    @Test
    @Order(1)
    void a_placeholder_with_a_warning_starts() throws Exception {
        timed = scene.run(new PlaceholderRequest(
                TIMED, "p7", "m1", 1, 1, 512, Duration.ofMinutes(1), false, Optional.of(Duration.ofSeconds(50))));
        assertThat(scene.untilListed(TIMED, one -> one.state() == PlaceholderState.RUNNING)
                        .limit())
                .contains(Duration.ofMinutes(1));
    }

    @Test
    @Order(2)
    void a_drain_a_hold_and_a_release_are_seen_and_not_fought() throws Exception {
        scontrol("update", "NodeName=vmh[1-2]", "State=DRAIN", "Reason=maintenance");
        Mark mark = new Mark(7, 2, 1);
        long job = scene.place(request(mark, 1, 1, false));
        assertThat(scene.untilListed(mark, one -> !one.reason().equals("None")).state())
                .isEqualTo(PlaceholderState.PENDING);
        scontrol("hold", Long.toString(job));
        assertThat(scene.untilListed(mark, one -> one.reason().startsWith("JobHeld"))
                        .state())
                .isEqualTo(PlaceholderState.PENDING);
        scontrol("release", Long.toString(job));
        scene.untilListed(mark, one -> !one.reason().startsWith("JobHeld"));
        scontrol("update", "NodeName=vmh[1-2]", "State=RESUME");
        scene.atTheGate(job);
        scene.cancel(job, mark);
    }

    @Test
    @Order(3)
    void suspend_resume_requeue_and_a_new_limit_of_an_administrator_are_seen() throws Exception {
        Mark mark = new Mark(7, 3, 1);
        long job = scene.run(request(mark, 1, 1, false));
        scontrol("suspend", Long.toString(job));
        assertThat(scene.untilListed(mark, one -> one.state() == PlaceholderState.SUSPENDED)
                        .shares())
                .hasSize(1);
        scontrol("resume", Long.toString(job));
        scene.untilListed(mark, one -> one.state() == PlaceholderState.RUNNING);
        scontrol("update", job(job), "TimeLimit=00:07:00");
        scene.untilListed(mark, one -> one.limit().equals(Optional.of(Duration.ofMinutes(7))));
        // A placeholder is never requeued: its machines would not be those that the next start finds.
        assertThat(scene.slurm.run("sh", "-c", "scontrol requeue " + job + " 2>&1 || true"))
                .isNotBlank();
        scene.untilListed(mark, one -> one.state() == PlaceholderState.RUNNING && one.restart() == 0);
        scontrol("update", job(job), "AdminComment=seen");
        scene.slurm.run("scancel", Long.toString(job));
        scene.untilListed(mark, one -> one.state() == PlaceholderState.CANCELLED);
    }

    @Test
    @Order(4)
    void to_lengthen_takes_an_operator_and_to_shrink_keeps_the_first_host() throws Exception {
        Mark mark = new Mark(7, 4, 1);
        long job = scene.run(request(mark, 2, 4, true));
        Placeholders placeholders = scene.placeholders();
        assertThat(placeholders.extend(job, mark, Duration.ofMinutes(20))).isInstanceOf(Adjustment.Denied.class);
        assertThat(placeholders.extend(job, mark, Duration.ofMinutes(9))).isEqualTo(new Adjustment.Done());
        scene.untilListed(mark, one -> one.limit().equals(Optional.of(Duration.ofMinutes(9))));
        scene.slurm.run("sacctmgr", "-iQ", "modify", "user", "cloister", "set", "AdminLevel=Operator");
        BridgeScene.await(
                "the operator's right",
                () -> placeholders.extend(job, mark, Duration.ofMinutes(20)).equals(new Adjustment.Done())
                        ? Optional.of(true)
                        : Optional.empty());
        scene.slurm.run("sacctmgr", "-iQ", "modify", "user", "cloister", "set", "AdminLevel=None");
        scene.untilListed(mark, one -> one.limit().equals(Optional.of(Duration.ofMinutes(20))));

        assertThat(placeholders.shrink(job, mark, Set.of("vmh2"))).isInstanceOf(Adjustment.Refused.class);
        assertThat(placeholders.shrink(job, mark, Set.of("vmh1"))).isEqualTo(new Adjustment.Done());
        assertThat(scene.untilListed(mark, one -> one.shares().size() == 1).shares())
                .containsExactly(new Share("vmh1", 1));
        assertThat(placeholders.extend(job, new Mark(7, 4, 2), Duration.ofMinutes(5)))
                .as("another job of that id")
                .isEqualTo(new Adjustment.AlreadyGone());
        assertThat(placeholders.end(job, mark)).isEqualTo(new Ending.Ended());
        scene.untilListed(mark, one -> one.state() == PlaceholderState.COMPLETED);
        BridgeScene.await(
                "MinJobAge",
                () -> scene.listed().stream().anyMatch(one -> one.job() == job) ? Optional.empty() : Optional.of(true));
        assertThat(scene.until(job, mark, one -> true).state()).isEqualTo(PlaceholderState.COMPLETED);
    }

    /** Between us and slurmrestd stands something that passes the request on and loses the answer. */
    @Test
    @Order(5)
    void a_lost_answer_is_found_by_its_mark_and_a_second_job_is_named() throws Exception {
        HttpServer between = losing(scene.slurm.url());
        try {
            Placeholders unlucky = SlurmBridge.connect(scene.config(
                            "http://127.0.0.1:" + between.getAddress().getPort()))
                    .placeholders();
            Mark mark = new Mark(7, 5, 1);
            assertThat(unlucky.submit(request(mark, 1, 1, false))).isInstanceOf(Submission.Unknown.class);
            Placeholder first = found(unlucky.find(mark));
            assertThat(unlucky.submit(request(mark, 1, 1, false))).isInstanceOf(Submission.Unknown.class);
            Placeholder second = found(unlucky.find(mark));
            assertThat(second.job()).isGreaterThan(first.job());
            assertThat(unlucky.duplicates(mark))
                    .isInstanceOfSatisfying(
                            Survey.Seen.class,
                            seen -> assertThat(seen.placeholders())
                                    .extracting(Placeholder::job)
                                    .containsExactly(first.job()));
            scene.cancel(first.job(), mark);
            assertThat(found(unlucky.find(mark)).job()).isEqualTo(second.job());
            assertThat(unlucky.duplicates(mark)).isEqualTo(new Survey.Seen(List.of()));
            scene.cancel(second.job(), mark);
        } finally {
            between.stop(0);
        }
    }

    private static Placeholder found(Lookup lookup) {
        assertThat(lookup).isInstanceOf(Lookup.Found.class);
        return ((Lookup.Found) lookup).placeholder();
    }

    private static HttpServer losing(URI slurmrestd) throws IOException {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
        server.createContext("/", exchange -> {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            slurmrestd.resolve(exchange.getRequestURI().toString()))
                    .method(
                            exchange.getRequestMethod(),
                            HttpRequest.BodyPublishers.ofByteArray(
                                    exchange.getRequestBody().readAllBytes()));
            for (String name : List.of("X-SLURM-USER-NAME", "X-SLURM-USER-TOKEN", "Content-Type")) {
                String value = exchange.getRequestHeaders().getFirst(name);
                if (value != null) request.header(name, value);
            }
            try (exchange) {
                HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
                boolean lost = exchange.getRequestMethod().equals("POST");
                byte[] body = lost ? new byte[0] : answer.body();
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(lost ? 504 : answer.statusCode(), body.length == 0 ? -1 : body.length);
                if (body.length > 0) exchange.getResponseBody().write(body);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
        return server;
    }

    /** {@code -Dcloister.token.seconds=600} makes it the ten minutes of a site's acceptance. */
    @Test
    @Order(7)
    void a_token_of_half_a_minute_is_renewed_without_a_failed_request() throws Exception {
        Path file = folder.resolve(line.number()).resolve("short");
        Placeholders placeholders = shortLived(file);
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        AtomicReference<Throwable> trouble = new AtomicReference<>();
        try {
            ScheduledFuture<?> renewing = timer.scheduleAtFixedRate(
                    () -> {
                        try {
                            renew(file);
                        } catch (IOException | InterruptedException e) {
                            trouble.set(e);
                        }
                    },
                    15,
                    15,
                    TimeUnit.SECONDS);
            long seconds = Long.getLong("cloister.token.seconds", 60);
            Instant end = Instant.now().plusSeconds(seconds);
            Set<Instant> ends = new HashSet<>();
            int requests = 0;
            while (Instant.now().isBefore(end)) {
                assertThat(placeholders.list()).isInstanceOf(Survey.Seen.class);
                assertThat(placeholders.observe(999_999, TIMED)).isEqualTo(new Lookup.Absent());
                assertThat(placeholders.tokenExpires())
                        .get()
                        .satisfies(at -> assertThat(at).isAfter(Instant.now()));
                placeholders.tokenExpires().ifPresent(ends::add);
                requests += 2;
                TimeUnit.MILLISECONDS.sleep(100);
            }
            System.out.printf(
                    "token: Slurm %s, %d requests in %d s with %d tokens, none failed%n",
                    line.number(), requests, seconds, ends.size());
            assertThat(requests).isGreaterThan(10);
            // Each token lives 30 seconds.
            assertThat(ends).hasSizeGreaterThan((int) (seconds / 30));
            assertThat(trouble.get()).isNull();
            assertThat(renewing.isDone()).isFalse();
        } finally {
            timer.shutdownNow();
        }
    }

    private static Placeholders shortLived(Path file) throws IOException, InterruptedException {
        renew(file);
        SlurmBridgeConfig usual = scene.config(scene.slurm.url().toString());
        return SlurmBridge.connect(new SlurmBridgeConfig(
                        usual.url(), usual.user(), file, usual.partition(), usual.gate(), usual.timeout()))
                .placeholders();
    }

    private static void renew(Path file) throws IOException, InterruptedException {
        String token = scene.slurm.run("scontrol", "token", "username=cloister", "lifespan=30");
        Path fresh = file.resolveSibling("fresh");
        Files.writeString(fresh, token);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    @Order(8)
    void the_warning_did_not_end_it_and_its_limit_did() throws Exception {
        Placeholder over = scene.until(timed, TIMED, one -> one.state().terminal());
        assertThat(over.state()).isEqualTo(PlaceholderState.TIMEOUT);
        String elapsed = BridgeScene.await(
                "slurmdbd's record",
                () -> Optional.of(scene.slurm
                                .run("sacct", "-nPX", "-j", Long.toString(timed), "-o", "State,ElapsedRaw")
                                .strip())
                        .filter(text -> text.startsWith("TIMEOUT")));
        assertThat(Integer.parseInt(elapsed.substring("TIMEOUT|".length())))
                .as("seconds")
                .isGreaterThanOrEqualTo(60);
    }
}
