package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.bridge.Ending;
import cloister.bridge.Lookup;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.Refusal;
import cloister.bridge.Submission;
import cloister.bridge.Survey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that a real slurmrestd 24.11 once said to us, and what we make of it. */
class RepliesTest {
    private static final String SUBMIT = "POST /slurm/v0.0.42/job/submit";
    private static final String LIST = "GET /slurm/v0.0.42/jobs/";
    private static final Mark MARK = new Mark(7, 12, 1);
    private static final PlaceholderRequest REQUEST =
            new PlaceholderRequest(MARK, "p7", "m1", 2, 4, 8192, Duration.ofMinutes(30), true);

    /** Replies to a submit that Slurm will repeat however often it is asked. */
    private static final Map<String, Refusal> REFUSED = Map.ofEntries(
            Map.entry("admin-comment", Refusal.DENIED),
            Map.entry("bad-account", Refusal.ACCOUNT),
            Map.entry("bad-partition", Refusal.PARTITION),
            Map.entry("bad-qos", Refusal.QOS),
            Map.entry("gres", Refusal.TOO_BIG),
            Map.entry("mallory", Refusal.DENIED),
            Map.entry("no-script", Refusal.MALFORMED),
            Map.entry("no-workdir", Refusal.MALFORMED),
            Map.entry("other-user-field", Refusal.USER),
            Map.entry("root-as-proj1", Refusal.DENIED),
            Map.entry("slurm-as-proj1", Refusal.DENIED),
            Map.entry("slurm-as-self", Refusal.DENIED),
            Map.entry("slurm-for-backend-admincomment", Refusal.DENIED),
            Map.entry("slurm-userid-field", Refusal.DENIED),
            Map.entry("too-many-cpus", Refusal.TOO_BIG),
            Map.entry("too-many-nodes", Refusal.TOO_BIG));

    private static final Map<String, Long> PLACED = Map.ofEntries(
            Map.entry("array", 5L),
            Map.entry("begin", 7L),
            Map.entry("down-partition", 11L),
            Map.entry("hetjob", 8L),
            Map.entry("hold", 6L),
            Map.entry("node-list", 18L),
            Map.entry("ok", 4L),
            Map.entry("over-grptres", 15L),
            Map.entry("over-time", 14L),
            Map.entry("slurm-for-backend", 23L),
            Map.entry("token-no-user", 10L),
            Map.entry("unknown-field", 17L));

    /** Replies to a submit that say nothing about the request, and what the log gets to read. */
    private static final Map<String, String> UNKNOWN = Map.of(
            "bad-token", "Protocol authentication error",
            "bad-type", "neither a job nor an error",
            "ctld-down-POST-job-slurm", "Unable to contact slurm controller",
            "expired-token", "Protocol authentication error",
            "impersonate-hdr", "Protocol authentication error",
            "no-env", "I/O error writing script/environment to file",
            "no-token", "HTTP 401 without an error number");

    private static final Set<String> NOT_SUBMITS = Set.of(
            "ctld-down-GET-jobs-slurm",
            "ctld-down-GET-jobs-slurmdb",
            "ctld-down-GET-ping-slurm",
            "del-missing",
            "get-missing",
            "job-running");

    @TempDir
    Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private CannedSlurmrestd slurmrestd;

    @BeforeEach
    void start() throws IOException {
        slurmrestd = new CannedSlurmrestd(folder);
    }

    @AfterEach
    void stop() {
        slurmrestd.close();
    }

    static Stream<String> refused() {
        return REFUSED.keySet().stream();
    }

    static Stream<String> placed() {
        return PLACED.keySet().stream();
    }

    static Stream<String> unknown() {
        return UNKNOWN.keySet().stream();
    }

    @Test
    void every_recorded_reply_has_its_meaning_here() throws IOException {
        Set<String> known = new TreeSet<>(NOT_SUBMITS);
        known.addAll(REFUSED.keySet());
        known.addAll(PLACED.keySet());
        known.addAll(UNKNOWN.keySet());
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/replies"))) {
            List<String> names = files.map(file -> file.getFileName().toString().replace(".json", ""))
                    .toList();
            assertThat(names).containsExactlyInAnyOrderElementsOf(known);
        }
    }

    @ParameterizedTest
    @MethodSource("refused")
    void what_slurm_will_never_take_is_refused_with_its_words(String reply) throws IOException {
        Submission said = slurmrestd.on(SUBMIT, reply).placeholders().submit(REQUEST);
        assertThat(said).isInstanceOfSatisfying(Submission.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(REFUSED.get(reply));
            assertThat(refused.text()).isNotBlank().hasSizeLessThanOrEqualTo(256);
        });
    }

    @ParameterizedTest
    @MethodSource("placed")
    void what_slurm_took_is_placed(String reply) throws IOException {
        Submission said = slurmrestd.on(SUBMIT, reply).placeholders().submit(REQUEST);
        assertThat(said).isEqualTo(new Submission.Placed(PLACED.getOrDefault(reply, -1L)));
    }

    @ParameterizedTest
    @MethodSource("unknown")
    void trouble_on_the_way_is_unknown(String reply) throws IOException {
        Submission said = slurmrestd.on(SUBMIT, reply).placeholders().submit(REQUEST);
        assertThat(said)
                .isInstanceOfSatisfying(
                        Submission.Unknown.class,
                        unknown -> assertThat(unknown.why()).contains(UNKNOWN.getOrDefault(reply, "?")));
    }

    @Test
    void slurmctld_down_makes_the_list_and_the_search_unknown() throws IOException {
        RestPlaceholders placeholders =
                slurmrestd.on(LIST, "ctld-down-GET-jobs-slurm").placeholders();
        assertThat(placeholders.list()).isInstanceOf(Survey.Unknown.class);
        assertThat(placeholders.find(MARK)).isInstanceOf(Lookup.Unknown.class);
    }

    @Test
    void an_answer_without_jobs_is_not_an_empty_list() throws IOException {
        RestPlaceholders placeholders =
                slurmrestd.on(LIST, "ctld-down-GET-ping-slurm").placeholders();
        assertThat(placeholders.list()).isInstanceOf(Survey.Unknown.class);
    }

    @Test
    void ending_a_job_that_slurmctld_has_forgotten_says_it_is_gone() throws IOException {
        slurmrestd
                .on("DELETE /slurm/v0.0.42/job/999999?signal=USR1&flags=BATCH_JOB", "del-missing")
                .on("DELETE /slurm/v0.0.42/job/999999", "del-missing");
        assertThat(slurmrestd.placeholders().end(999999)).isEqualTo(new Ending.AlreadyGone());
        assertThat(slurmrestd.placeholders().cancel(999999)).isEqualTo(new Ending.AlreadyGone());
    }

    @Test
    void a_job_that_slurmctld_has_forgotten_is_found_in_the_records() throws IOException {
        slurmrestd
                .on("GET /slurm/v0.0.42/job/1", "get-missing")
                .on("GET /slurmdb/v0.0.42/job/1", "ctld-down-GET-jobs-slurmdb");
        assertThat(slurmrestd.placeholders().observe(1, MARK)).isInstanceOfSatisfying(Lookup.Found.class, found -> {
            assertThat(found.placeholder().job()).isEqualTo(1);
            assertThat(found.placeholder().submitted().getEpochSecond()).isEqualTo(1795352160);
            assertThat(found.placeholder().state().terminal()).isTrue();
        });
        assertThat(slurmrestd.placeholders().observe(1, new Mark(7, 12, 2))).isEqualTo(new Lookup.Absent());
    }
}
