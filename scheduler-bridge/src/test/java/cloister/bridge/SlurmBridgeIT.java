package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import cloister.slurm.testing.GlobalSlurm;
import cloister.slurm.testing.SlurmLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
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

/** The bridge, our plugins and a real Slurm, of each line that we support. */
@ParameterizedClass
@EnumSource
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SlurmBridgeIT {
    private static final Duration LONGEST = Duration.ofMinutes(2);

    @Parameter
    @SuppressWarnings("NullAway.Init")
    SlurmLine line;

    @TempDir
    static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static GlobalSlurm slurm;

    @SuppressWarnings("NullAway.Init")
    private static SlurmBridge bridge;

    @SuppressWarnings("NullAway.Init")
    private static ScheduledExecutorService heart;

    @SuppressWarnings("NullAway.Init")
    private static ScheduledFuture<?> beating;

    @BeforeParameterizedClassInvocation
    static void start(SlurmLine line) throws IOException, InterruptedException {
        slurm = GlobalSlurm.start(line, Path.of("../lua-plugins/global"), folder.resolve("gate-" + line.number()));
        slurm.writeToken("cloister", folder.resolve("token"));
        bridge = connect("cloister", "token", "batch");
        heart = Executors.newSingleThreadScheduledExecutor();
        beating = heart.scheduleAtFixedRate(() -> bridge.gate().beat(Instant.now()), 0, 5, TimeUnit.SECONDS);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        if (heart != null) heart.shutdownNow();
        if (slurm != null) slurm.close();
    }

    private static SlurmBridge connect(String user, String token, String partition) {
        return SlurmBridge.connect(new SlurmBridgeConfig(
                slurm.url(), user, folder.resolve(token), partition, slurm.gate(), Duration.ofSeconds(20)));
    }

    private static PlaceholderRequest request(Mark mark, int tasks, int cpus, boolean spread) {
        return new PlaceholderRequest(mark, "p7", "m1", tasks, cpus, 2304 * cpus, Duration.ofMinutes(10), spread);
    }

    private static long place(Mark mark, int tasks, int cpus, boolean spread) {
        Submission said = bridge.placeholders().submit(request(mark, tasks, cpus, spread));
        assertThat(said).isInstanceOf(Submission.Placed.class);
        return ((Submission.Placed) said).job();
    }

    private static <T> T await(String what, Looks<T> look) throws Exception {
        Instant end = Instant.now().plus(LONGEST);
        while (Instant.now().isBefore(end)) {
            Optional<T> seen = look.look();
            if (seen.isPresent()) return seen.get();
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new TimeoutException("not within " + LONGEST + ": " + what);
    }

    private interface Looks<T> {
        Optional<T> look() throws Exception;
    }

    private static Placeholder until(long job, Mark mark, Predicate<Placeholder> is) throws Exception {
        Lookup[] last = new Lookup[1];
        try {
            return await("placeholder " + job, () -> {
                last[0] = bridge.placeholders().observe(job, mark);
                return last[0] instanceof Lookup.Found(Placeholder found) && is.test(found)
                        ? Optional.of(found)
                        : Optional.empty();
            });
        } catch (TimeoutException e) {
            throw new AssertionError("the last that was seen: " + last[0], e);
        }
    }

    private static Asked atTheGate(long job) throws Exception {
        return await(
                "gate of " + job,
                () -> bridge.gate().asked().stream()
                        .filter(asked -> asked.job() == job)
                        .findFirst());
    }

    private static String sacct(long job, String fields) throws IOException, InterruptedException {
        return slurm.run("sacct", "-nPX", "-j", Long.toString(job), "-o", fields)
                .strip();
    }

    @Test
    @Order(1)
    void an_ended_placeholder_is_recorded_as_completed_with_0() throws Exception {
        Mark mark = new Mark(7, 1, 1);
        long job = place(mark, 2, 4, true);
        Asked asked = atTheGate(job);
        assertThat(asked).isEqualTo(new Asked(mark, job, 0, "vmh[1-2]"));
        assertThat(until(job, mark, found -> found.state() != PlaceholderState.PENDING)
                        .state())
                .isEqualTo(PlaceholderState.CONFIGURING);
        bridge.gate().go(asked);
        Placeholder running = until(job, mark, found -> found.state() == PlaceholderState.RUNNING);
        assertThat(running.shares()).containsExactly(new Share("vmh1", 1), new Share("vmh2", 1));
        assertThat(running.submitted()).isBetween(Instant.now().minusSeconds(120), Instant.now());
        // slurmd says RUNNING before the script has set its trap.
        await("the script's sleep", () -> sleeps() == 1 ? Optional.of(true) : Optional.empty());

        assertThat(bridge.placeholders().end(job, mark)).isEqualTo(new Ending.Ended());
        assertThat(until(job, mark, found -> found.state().terminal()).state()).isEqualTo(PlaceholderState.COMPLETED);
        String record = await(
                "slurmdbd's record",
                () -> Optional.of(sacct(job, "State,ExitCode,Account,WCKey,Comment"))
                        .filter(text -> text.startsWith("COMPLETED")));
        assertThat(record).isEqualTo("COMPLETED|0:0|p7|m1|cloister:1:7:1:1");
        assertThat(sleeps()).as("nothing is left on the host").isZero();
        assertThat(bridge.placeholders().end(job, mark)).isEqualTo(new Ending.AlreadyGone());
        bridge.gate().forget(asked);
    }

    private static int sleeps() throws IOException, InterruptedException {
        String list = "for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $p 2>/dev/null; echo; done";
        return (int) slurm.run("sh", "-c", list)
                .lines()
                .filter(line -> line.startsWith("sleep 1000"))
                .count();
    }

    @Test
    @Order(2)
    void workers_share_hosts_and_a_placeholder_can_be_cancelled_at_the_gate() throws Exception {
        Mark mark = new Mark(7, 2, 1);
        long job = place(mark, 5, 4, false);
        Asked asked = atTheGate(job);
        Placeholder waiting = until(job, mark, found -> found.state() == PlaceholderState.CONFIGURING);
        assertThat(waiting.shares().stream().mapToInt(Share::workers).sum()).isEqualTo(5);
        assertThat(bridge.placeholders().find(mark))
                .isInstanceOfSatisfying(
                        Lookup.Found.class,
                        found -> assertThat(found.placeholder().job()).isEqualTo(job));

        assertThat(bridge.placeholders().cancel(job, mark)).isEqualTo(new Ending.Ended());
        assertThat(until(job, mark, found -> found.state().terminal()).state()).isEqualTo(PlaceholderState.CANCELLED);
        // Now and then slurmctld runs no teardown for it. What is refused goes with a later one.
        bridge.gate().refuse(asked, GateRefusal.CANCELLED);
    }

    @Test
    @Order(3)
    void a_refused_placeholder_does_not_run() throws Exception {
        Mark mark = new Mark(7, 3, 1);
        long job = place(mark, 1, 1, false);
        Asked asked = atTheGate(job);
        bridge.gate().refuse(asked, GateRefusal.WORKER_FAILED);
        // By this word the lease knows that nothing is asked at the gate any more.
        until(
                job,
                mark,
                found -> found.state() == PlaceholderState.PENDING
                        && found.reason().equals("BurstBufferOperation"));
        assertThat(slurm.run("scontrol", "show", "job", Long.toString(job))).contains("worker-failed");
        assertThat(bridge.placeholders().end(job, mark))
                .as("before it runs only cancel works")
                .isInstanceOf(Ending.Unknown.class);
        assertThat(bridge.placeholders().cancel(job, mark)).isEqualTo(new Ending.Ended());
        until(job, mark, found -> found.state() == PlaceholderState.CANCELLED);
        bridge.gate().forget(asked);
    }

    @Test
    @Order(4)
    void slurm_says_no_and_the_reason_is_known() {
        Mark mark = new Mark(7, 4, 1);
        assertThat(refusal(new PlaceholderRequest(mark, "p9", "m1", 1, 1, 100, Duration.ofMinutes(5), false)))
                .isEqualTo(Refusal.ACCOUNT);
        assertThat(refusal(new PlaceholderRequest(mark, "p7", "m9", 1, 1, 100, Duration.ofMinutes(5), false)))
                .isEqualTo(Refusal.WCKEY);
        assertThat(refusal(new PlaceholderRequest(mark, "p7", "m1", 1, 1, 100, Duration.ofDays(2), false)))
                .isEqualTo(Refusal.TIME_LIMIT);
        assertThat(connect("cloister", "token", "nowhere").placeholders().submit(request(mark, 1, 1, false)))
                .isInstanceOfSatisfying(
                        Submission.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(Refusal.PARTITION));
        assertThat(bridge.placeholders().find(mark)).isEqualTo(new Lookup.Absent());
    }

    /** With a burst buffer plugin slurmctld 24.11 tries a job only after its submit. */
    @Test
    @Order(7)
    void what_no_host_can_hold_is_refused_or_can_be_told_from_what_waits() throws Exception {
        assertThat(refusal(request(new Mark(7, 7, 1), 3, 1, true))).isEqualTo(Refusal.TOO_BIG);
        assertThat(refusal(request(new Mark(7, 7, 1), 40, 1, false))).isEqualTo(Refusal.TOO_BIG);
        Mark mark = new Mark(7, 7, 2);
        long job = place(mark, 1, 17, false);
        Placeholder waiting = until(job, mark, Placeholder::impossible);
        assertThat(waiting.state()).isEqualTo(PlaceholderState.PENDING);
        bridge.placeholders().cancel(job, mark);
        until(job, mark, found -> found.state().terminal());
    }

    private static Refusal refusal(PlaceholderRequest request) {
        Submission said = bridge.placeholders().submit(request);
        assertThat(said).isInstanceOf(Submission.Refused.class);
        return ((Submission.Refused) said).code();
    }

    @Test
    @Order(5)
    void only_the_backend_submits_and_a_bad_token_leaves_everything_open() throws Exception {
        slurm.writeToken("mallory", folder.resolve("mallory"));
        PlaceholderRequest request = request(new Mark(7, 5, 1), 1, 1, false);
        assertThat(connect("mallory", "mallory", "batch").placeholders().submit(request))
                .isInstanceOfSatisfying(
                        Submission.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(Refusal.DENIED));
        assertThatIllegalStateException()
                .isThrownBy(() -> connect("cloister", "mallory", "batch"))
                .withMessageContaining("is a token of mallory, not of cloister");
        slurm.writeToken("cloister", folder.resolve("bad"));
        // Longer than it was signed.
        Files.writeString(
                folder.resolve("bad"), Files.readString(folder.resolve("bad")).strip() + "AAAA");
        Placeholders unsigned = connect("cloister", "bad", "batch").placeholders();
        assertThat(unsigned.submit(request)).isInstanceOf(Submission.Unknown.class);
        assertThat(unsigned.list()).isInstanceOf(Survey.Unknown.class);
        assertThat(unsigned.observe(1, new Mark(7, 1, 1))).isInstanceOf(Lookup.Unknown.class);
        assertThat(unsigned.cancel(1, new Mark(7, 1, 1))).isNotEqualTo(new Ending.Ended());
    }

    @Test
    @Order(6)
    void what_slurmctld_forgets_is_found_in_the_records() throws Exception {
        Mark mark = new Mark(7, 6, 1);
        long job = place(mark, 1, 1, false);
        // It runs first: a job that is cancelled at its gate may keep its record until some later teardown.
        Asked asked = atTheGate(job);
        bridge.gate().go(asked);
        until(job, mark, found -> found.state() == PlaceholderState.RUNNING);
        bridge.placeholders().cancel(job, mark);
        until(job, mark, found -> found.state().terminal());
        await("teardown", () -> bridge.gate().asked().contains(asked) ? Optional.empty() : Optional.of(true));
        bridge.gate().forget(asked);
        await(
                "MinJobAge",
                () -> bridge.placeholders().find(mark) instanceof Lookup.Absent ? Optional.of(true) : Optional.empty());
        assertThat(bridge.placeholders().observe(job, mark)).isInstanceOfSatisfying(Lookup.Found.class, found -> {
            assertThat(found.placeholder().state()).isEqualTo(PlaceholderState.CANCELLED);
            assertThat(found.placeholder().mark()).isEqualTo(mark);
        });
        assertThat(bridge.placeholders().observe(job, new Mark(7, 6, 2))).isEqualTo(new Lookup.Absent());
        assertThat(bridge.placeholders().observe(999_999, mark)).isEqualTo(new Lookup.Absent());
        assertThat(bridge.placeholders().list()).isInstanceOf(Survey.Seen.class);
    }

    @Test
    @Order(8)
    void a_silent_backend_idles_no_host() throws Exception {
        assertThat(beating.cancel(false))
                .as("the heart has beaten without an error until now")
                .isTrue();
        heart.shutdown();
        assertThat(heart.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        bridge.gate().beat(Instant.now().minusSeconds(31));
        Mark mark = new Mark(7, 8, 1);
        long job = place(mark, 1, 1, false);
        // The refusal is there first; the job is COMPLETING until its teardown has run, and pending again after it.
        await(
                "the refusal of a job that waits again",
                () -> Optional.of(slurm.run("scontrol", "show", "job", Long.toString(job)))
                        .filter(text -> text.contains("has not been heard") && text.contains("JobState=PENDING")));
        assertThat(bridge.gate().asked()).isEqualTo(List.of());
        bridge.placeholders().cancel(job, mark);
        until(job, mark, found -> found.state().terminal());
    }
}
