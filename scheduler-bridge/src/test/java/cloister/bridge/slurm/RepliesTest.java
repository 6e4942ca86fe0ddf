package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import cloister.bridge.Adjustment;
import cloister.bridge.Ending;
import cloister.bridge.Lookup;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Refusal;
import cloister.bridge.Submission;
import cloister.bridge.Survey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Everything that a real slurmrestd, of 24.11 and of 26.05, once said to us, and what we make of it. */
class RepliesTest {
    private static final String SUBMIT = "POST /slurm/VERSION/job/submit";
    private static final String LIST = "GET /slurm/VERSION/jobs/";
    private static final List<String> VERSIONS = List.of(CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER);
    private static final Mark MARK = new Mark(7, 12, 1);
    private static final PlaceholderRequest REQUEST =
            new PlaceholderRequest(MARK, "p7", "m1", 2, 4, 8192, Duration.ofMinutes(30), true);

    /** Replies to a submit that Slurm will repeat however often it is asked, in both versions. */
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
            Map.entry("too-many-cpus", Refusal.TOO_BIG),
            Map.entry("too-many-nodes", Refusal.TOO_BIG));

    /** Tokens of root and of Slurm's own user, which we never use ourselves. */
    private static final Map<String, Refusal> REFUSED_BY_OLDER = Map.of(
            "root-as-proj1", Refusal.DENIED,
            "slurm-as-proj1", Refusal.DENIED,
            "slurm-as-self", Refusal.DENIED,
            "slurm-for-backend-admincomment", Refusal.DENIED,
            "slurm-userid-field", Refusal.DENIED);

    private static final Map<String, Refusal> REFUSED_BY_NEWER =
            Map.of("no-env", Refusal.MALFORMED, "over-time", Refusal.TIME_LIMIT);

    private static final Map<String, Long> PLACED = Map.ofEntries(
            Map.entry("array", 5L),
            Map.entry("begin", 7L),
            Map.entry("hold", 6L),
            Map.entry("node-list", 18L),
            Map.entry("ok", 4L),
            Map.entry("over-grptres", 15L),
            Map.entry("unknown-field", 17L));

    private static final Map<String, Long> PLACED_BY_OLDER = Map.of(
            "down-partition", 11L, "hetjob", 8L, "over-time", 14L, "slurm-for-backend", 23L, "token-no-user", 10L);
    private static final Map<String, Long> PLACED_BY_NEWER =
            Map.of("down-partition", 14L, "hetjob", 11L, "token-no-user", 13L);

    /** Replies to a submit that say nothing about the request, and what the log gets to read. */
    private static final Map<String, String> UNKNOWN = Map.of(
            "bad-token", "Protocol authentication error",
            "bad-type", "neither a job nor an error",
            "ctld-down-POST-job-slurm", "Unable to contact slurm controller",
            "expired-token", "Protocol authentication error",
            "impersonate-hdr", "Protocol authentication error",
            "no-token", "HTTP 401 without an error number");

    private static final Map<String, String> UNKNOWN_BY_OLDER =
            Map.of("no-env", "I/O error writing script/environment to file");

    private static final Set<String> NOT_SUBMITS = Set.of(
            "allocated",
            "ctld-down-DELETE-job",
            "ctld-down-GET-job",
            "ctld-down-GET-jobs-slurm",
            "ctld-down-GET-ping-slurm",
            "ctld-down-GET-states",
            "ctld-down-POST-job",
            "del-missing",
            "expired-token-GET-jobs",
            "expired-token-GET-ping",
            "get-missing",
            "job-running",
            "no-such-version",
            "record",
            "shrink-batch-host",
            "states",
            "update-denied",
            "update-missing");

    private static final Set<String> NOT_SUBMITS_OF_OLDER =
            Set.of("allocated-26.05", "ctld-down-GET-jobs-slurmdb", "job-running-26.05");

    @TempDir
    Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private CannedSlurmrestd slurmrestd;

    private CannedSlurmrestd serve(String version) throws IOException {
        slurmrestd = new CannedSlurmrestd(folder, version);
        return slurmrestd;
    }

    @AfterEach
    void stop() {
        if (slurmrestd != null) slurmrestd.close();
    }

    private static <T> Map<String, T> meanings(
            String version, Map<String, T> both, Map<String, T> older, Map<String, T> newer) {
        Map<String, T> all = new HashMap<>(both);
        all.putAll(version.equals(CannedSlurmrestd.OLDER) ? older : newer);
        return all;
    }

    private static <T> Stream<Arguments> each(Map<String, T> both, Map<String, T> older, Map<String, T> newer) {
        return VERSIONS.stream()
                .flatMap(version -> meanings(version, both, older, newer).entrySet().stream()
                        .map(reply -> Arguments.of(version, reply.getKey(), reply.getValue())));
    }

    static Stream<Arguments> refused() {
        return each(REFUSED, REFUSED_BY_OLDER, REFUSED_BY_NEWER);
    }

    static Stream<Arguments> placed() {
        return each(PLACED, PLACED_BY_OLDER, PLACED_BY_NEWER);
    }

    static Stream<Arguments> unknown() {
        return each(UNKNOWN, UNKNOWN_BY_OLDER, Map.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
    void every_recorded_reply_has_its_meaning_here(String version) throws IOException {
        boolean older = version.equals(CannedSlurmrestd.OLDER);
        Set<String> known = new TreeSet<>(NOT_SUBMITS);
        if (older) known.addAll(NOT_SUBMITS_OF_OLDER);
        known.addAll(
                meanings(version, REFUSED, REFUSED_BY_OLDER, REFUSED_BY_NEWER).keySet());
        known.addAll(meanings(version, PLACED, PLACED_BY_OLDER, PLACED_BY_NEWER).keySet());
        known.addAll(meanings(version, UNKNOWN, UNKNOWN_BY_OLDER, Map.of()).keySet());
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/replies", version))) {
            List<String> names = files.map(file -> file.getFileName().toString().replaceAll("\\.json$", ""))
                    .toList();
            assertThat(names).containsExactlyInAnyOrderElementsOf(known);
        }
    }

    @ParameterizedTest
    @MethodSource("refused")
    void what_slurm_will_never_take_is_refused_with_its_words(String version, String reply, Refusal code)
            throws IOException {
        Submission said = serve(version).on(SUBMIT, reply).placeholders().submit(REQUEST);
        assertThat(said).isInstanceOfSatisfying(Submission.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(code);
            assertThat(refused.text()).isNotBlank().hasSizeLessThanOrEqualTo(256);
        });
    }

    @ParameterizedTest
    @MethodSource("placed")
    void what_slurm_took_is_placed(String version, String reply, long job) throws IOException {
        Submission said = serve(version).on(SUBMIT, reply).placeholders().submit(REQUEST);
        assertThat(said).isEqualTo(new Submission.Placed(job));
    }

    @ParameterizedTest
    @MethodSource("unknown")
    void trouble_on_the_way_is_unknown(String version, String reply, String words) throws IOException {
        Submission said = serve(version).on(SUBMIT, reply).placeholders().submit(REQUEST);
        assertThat(said)
                .isInstanceOfSatisfying(
                        Submission.Unknown.class,
                        unknown -> assertThat(unknown.why()).contains(words));
    }

    @ParameterizedTest
    @ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
    void slurmctld_down_and_a_token_at_its_end_make_everything_unknown(String version) throws IOException {
        for (String reply : List.of("ctld-down-GET-jobs-slurm", "expired-token-GET-jobs")) {
            try (CannedSlurmrestd silent = new CannedSlurmrestd(folder, version)) {
                RestPlaceholders placeholders = silent.on(LIST, reply)
                        .on("GET /slurm/VERSION/jobs/state/", "ctld-down-GET-states")
                        .on("GET /slurm/VERSION/job/4", "ctld-down-GET-job")
                        .on("POST /slurm/VERSION/job/4", "ctld-down-POST-job")
                        .on("DELETE /slurm/VERSION/job/4?signal=USR1&flags=BATCH_JOB", "ctld-down-DELETE-job")
                        .on("DELETE /slurm/VERSION/job/4", "ctld-down-DELETE-job")
                        .placeholders();
                assertThat(placeholders.list()).isInstanceOf(Survey.Unknown.class);
                assertThat(placeholders.find(MARK)).isInstanceOf(Lookup.Unknown.class);
                assertThat(placeholders.observe(4, MARK)).isInstanceOf(Lookup.Unknown.class);
                assertThat(placeholders.end(4, MARK)).isInstanceOf(Ending.Unknown.class);
                assertThat(placeholders.cancel(4, MARK)).isInstanceOf(Ending.Unknown.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
    void what_came_of_a_change_is_known(String version) throws IOException {
        String post = "POST /slurm/VERSION/job/1";
        serve(version).on("GET /slurm/VERSION/job/1", 200, running());
        Duration limit = Duration.ofSeconds(61);
        RestPlaceholders placeholders = slurmrestd.on(post, "update-denied").placeholders();
        assertThat(placeholders.extend(1, MARK, limit))
                .isInstanceOfSatisfying(
                        Adjustment.Denied.class,
                        denied -> assertThat(denied.text()).contains("denied (2002"));
        assertThat(CannedSlurmrestd.JSON.readTree(slurmrestd.heard.getLast().body()))
                .as("whole minutes, rounded up")
                .isEqualTo(CannedSlurmrestd.JSON.readTree("{\"time_limit\":{\"set\":true,\"number\":2}}"));
        slurmrestd.on(post, "shrink-batch-host");
        assertThat(placeholders.shrink(1, MARK, Set.of("vmh2", "vmh1"))).isInstanceOf(Adjustment.Refused.class);
        assertThat(slurmrestd.heard.getLast().body()).isEqualTo("{\"required_nodes\":[\"vmh1\",\"vmh2\"]}");
        slurmrestd.on(post, "update-missing");
        assertThat(placeholders.extend(1, MARK, limit)).isEqualTo(new Adjustment.AlreadyGone());
        slurmrestd.on(post, "ctld-down-POST-job");
        assertThat(placeholders.extend(1, MARK, limit)).isInstanceOf(Adjustment.Unknown.class);
        slurmrestd.on(post, 200, "{\"results\": null, \"errors\": []}");
        assertThat(placeholders.extend(1, MARK, limit)).isEqualTo(new Adjustment.Done());
        slurmrestd.on(post, 200, "{\"results\": [{\"error_code\": 2002, \"error\": \"no\"}], \"errors\": []}");
        assertThat(placeholders.extend(1, MARK, limit)).isInstanceOf(Adjustment.Denied.class);
    }

    private String running() throws IOException {
        ObjectNode body = slurmrestd.recorded("job-running").required("body").asObject();
        body.required("jobs").required(0).asObject().put("job_id", 1);
        return body.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
    void another_job_of_the_same_id_is_never_changed(String version) throws IOException {
        serve(version)
                .on("GET /slurm/VERSION/job/1", 200, running())
                .on("GET /slurmdb/VERSION/job/1", 200, "{\"jobs\": [], \"errors\": []}");
        RestPlaceholders placeholders = slurmrestd.placeholders();
        Mark other = new Mark(7, 12, 2);
        assertThat(placeholders.extend(1, other, Duration.ofMinutes(5))).isEqualTo(new Adjustment.AlreadyGone());
        assertThat(placeholders.shrink(1, other, Set.of("vmh1"))).isEqualTo(new Adjustment.AlreadyGone());
        assertThat(slurmrestd.heard).extracting(CannedSlurmrestd.Heard::method).containsOnly("GET");
        assertThatIllegalArgumentException().isThrownBy(() -> placeholders.shrink(1, MARK, Set.of("vmh1,vmh2")));
        assertThatIllegalArgumentException().isThrownBy(() -> placeholders.extend(1, MARK, Duration.ofSeconds(59)));
    }

    @ParameterizedTest
    @ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
    void an_answer_without_jobs_is_not_an_empty_list(String version) throws IOException {
        RestPlaceholders placeholders =
                serve(version).on(LIST, "ctld-down-GET-ping-slurm").placeholders();
        assertThat(placeholders.list()).isInstanceOf(Survey.Unknown.class);
        slurmrestd.on(LIST, "expired-token-GET-ping");
        assertThat(placeholders.list()).isInstanceOf(Survey.Unknown.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
    void ending_a_job_that_slurmctld_has_forgotten_says_it_is_gone(String version) throws IOException {
        serve(version).on("GET /slurm/VERSION/job/999999", "get-missing");
        assertThat(slurmrestd.placeholders().end(999999, MARK)).isEqualTo(new Ending.AlreadyGone());
        assertThat(slurmrestd.placeholders().cancel(999999, MARK)).isEqualTo(new Ending.AlreadyGone());
        assertThat(slurmrestd.heard).extracting(CannedSlurmrestd.Heard::method).containsOnly("GET");
        // It goes while we look.
        slurmrestd
                .on("GET /slurm/VERSION/job/1", 200, running())
                .on("DELETE /slurm/VERSION/job/1?signal=USR1&flags=BATCH_JOB", "del-missing")
                .on("DELETE /slurm/VERSION/job/1", "del-missing");
        assertThat(slurmrestd.placeholders().end(1, MARK)).isEqualTo(new Ending.AlreadyGone());
        assertThat(slurmrestd.placeholders().cancel(1, MARK)).isEqualTo(new Ending.AlreadyGone());
    }

    @ParameterizedTest
    @ValueSource(strings = {"job-running", "job-running-26.05"})
    void a_running_job_reads_the_same_from_both_lines_of_slurm(String reply) throws IOException {
        String version = CannedSlurmrestd.OLDER;
        assertThat(running(serve(version).on(LIST, reply).placeholders())).isEqualTo(PlaceholderState.RUNNING);
        slurmrestd.close();
        assertThat(running(serve(CannedSlurmrestd.NEWER).on(LIST, "job-running").placeholders()))
                .isEqualTo(PlaceholderState.RUNNING);
    }

    private static PlaceholderState running(RestPlaceholders placeholders) {
        if (!(placeholders.list() instanceof Survey.Seen(List<Placeholder> seen, var _)))
            throw new AssertionError("unknown");
        assertThat(seen).hasSize(1);
        assertThat(seen.getFirst().shares()).hasSize(2);
        assertThat(seen.getFirst().limit()).contains(Duration.ofMinutes(30));
        return seen.getFirst().state();
    }

    @Test
    void a_job_that_slurmctld_has_forgotten_is_found_in_the_records() throws IOException {
        serve(CannedSlurmrestd.OLDER)
                .on("GET /slurm/VERSION/job/1", "get-missing")
                .on("GET /slurmdb/VERSION/job/1", "ctld-down-GET-jobs-slurmdb");
        assertThat(slurmrestd.placeholders().observe(1, MARK)).isInstanceOfSatisfying(Lookup.Found.class, found -> {
            assertThat(found.placeholder().job()).isEqualTo(1);
            assertThat(found.placeholder().submitted().getEpochSecond()).isEqualTo(1795352160);
            assertThat(found.placeholder().state().terminal()).isTrue();
        });
        assertThat(slurmrestd.placeholders().observe(1, new Mark(7, 12, 2))).isEqualTo(new Lookup.Absent());
    }

    /** It was shrunk once, so slurmdbd has two records; the second has no end and therefore no comment yet. */
    @ParameterizedTest
    @ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
    void a_shrunk_job_that_slurmctld_lost_is_found_lost(String version) throws IOException {
        serve(version).on("GET /slurm/VERSION/job/4", "get-missing").on("GET /slurmdb/VERSION/job/4", "record");
        assertThat(slurmrestd.placeholders().observe(4, new Mark(7, 5, 1)))
                .isInstanceOfSatisfying(
                        Lookup.Found.class,
                        found -> assertThat(found.placeholder().state()).isEqualTo(PlaceholderState.LOST));
    }
}
