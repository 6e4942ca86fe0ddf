package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.bridge.Lookup;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Refusal;
import cloister.bridge.Share;
import cloister.bridge.Submission;
import cloister.bridge.Survey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@ParameterizedClass
@ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
class RestPlaceholdersTest {
    private static final String SUBMIT = "POST /slurm/VERSION/job/submit";
    private static final String LIST = "GET /slurm/VERSION/jobs/";
    private static final String JOB = "GET /slurm/VERSION/job/1";
    private static final String RECORD = "GET /slurmdb/VERSION/job/1";
    private static final Mark MARK = new Mark(7, 12, 1);
    private static final PlaceholderRequest REQUEST =
            new PlaceholderRequest(MARK, "p7", "m1", 2, 3, 8192, Duration.ofSeconds(61), true);

    @Parameter
    String version = "";

    @TempDir
    Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private CannedSlurmrestd slurmrestd;

    @BeforeEach
    void start() throws IOException {
        slurmrestd = new CannedSlurmrestd(folder, version);
    }

    @AfterEach
    void stop() {
        slurmrestd.close();
    }

    /** The recorded running job, changed. */
    private ObjectNode job(Consumer<ObjectNode> change) throws IOException {
        ObjectNode job = slurmrestd.runningJob();
        // The same job, whichever version told of it.
        job.put("job_id", 1).put("state_reason", "Prolog");
        job.withObject("/submit_time").put("number", 1795352160);
        job.withObject("/start_time").put("number", 1795352161);
        change.accept(job);
        return job;
    }

    private static String answer(JsonNode... jobs) {
        ObjectNode answer = CannedSlurmrestd.JSON.createObjectNode();
        ArrayNode list = answer.putArray("jobs");
        for (JsonNode job : jobs) list.add(job);
        answer.putArray("errors");
        return answer.toString();
    }

    private static Consumer<ObjectNode> states(String... states) {
        return job -> {
            ArrayNode list = job.putArray("job_state");
            for (String state : states) list.add(state);
        };
    }

    private Placeholder only(ObjectNode job) {
        slurmrestd.on(LIST, 200, answer(job));
        return switch (slurmrestd.placeholders().list()) {
            case Survey.Seen seen -> {
                assertThat(seen.placeholders()).hasSize(1);
                yield seen.placeholders().getFirst();
            }
            case Survey.Unknown(String why) -> throw new AssertionError(why);
        };
    }

    @Test
    void the_submitted_job_is_this_and_nothing_more() throws IOException {
        slurmrestd.on(SUBMIT, "ok").placeholders().submit(REQUEST);
        CannedSlurmrestd.Heard heard = slurmrestd.heard.getFirst();
        String expected = """
                {"script": "#!/bin/sh\\ntrap 'kill $!; exit 0' USR1; while :; do sleep 1000 & wait $!; done\\n",
                 "job": {"name": "cloister", "partition": "batch", "account": "p7", "wckey": "m1",
                   "comment": "cloister:1:7:12:1", "tasks": 2, "cpus_per_task": 3, "nodes": "2",
                   "memory_per_cpu": {"set": true, "number": 2731}, "time_limit": {"set": true, "number": 2},
                   "requeue": false, "current_working_directory": "/", "environment": ["PATH=/usr/bin:/bin"],
                   "standard_input": "/dev/null", "standard_output": "/dev/null", "standard_error": "/dev/null"}}""";
        assertThat(CannedSlurmrestd.JSON.readTree(heard.body())).isEqualTo(CannedSlurmrestd.JSON.readTree(expected));
        assertThat(heard.user()).isEqualTo("cloister");
        assertThat(heard.token()).isEqualTo(CannedSlurmrestd.TOKEN);
        assertThat(heard.upgrade())
                .as("slurmrestd drops a connection that offers HTTP/2")
                .isNull();
    }

    @Test
    void without_spread_the_number_of_hosts_is_left_to_slurm() throws IOException {
        PlaceholderRequest packed = new PlaceholderRequest(MARK, "p7", "m1", 7, 1, 100, Duration.ofMinutes(1), false);
        slurmrestd.on(SUBMIT, "ok").placeholders().submit(packed);
        assertThat(CannedSlurmrestd.JSON
                        .readTree(slurmrestd.heard.getFirst().body())
                        .required("job")
                        .has("nodes"))
                .isFalse();
    }

    @Test
    void the_token_is_read_anew_for_every_request() throws IOException {
        RestPlaceholders placeholders = slurmrestd.on(SUBMIT, "ok").placeholders();
        placeholders.submit(REQUEST);
        String renewed = CannedSlurmrestd.token("{\"exp\":1795463883,\"iat\":1795377483,\"sun\":\"cloister\"}");
        Files.writeString(folder.resolve("token"), "SLURM_JWT=" + renewed + "\n");
        placeholders.submit(REQUEST);
        assertThat(slurmrestd.heard)
                .extracting(CannedSlurmrestd.Heard::token)
                .containsExactly(CannedSlurmrestd.TOKEN, renewed);
    }

    @Test
    void without_a_token_nothing_is_sent_and_the_file_stays_secret() throws IOException {
        Files.writeString(folder.resolve("token"), "a secret\r\nX-Other: header");
        Submission said = slurmrestd.on(SUBMIT, "ok").placeholders().submit(REQUEST);
        assertThat(said)
                .isInstanceOfSatisfying(
                        Submission.Unknown.class,
                        unknown -> assertThat(unknown.why())
                                .contains("renew it", "token")
                                .doesNotContain("secret"));
        Files.delete(folder.resolve("token"));
        assertThat(slurmrestd.placeholders().submit(REQUEST)).isInstanceOf(Submission.Unknown.class);
        assertThat(slurmrestd.heard).isEmpty();
    }

    @Test
    void silence_a_cut_connection_and_a_gateway_timeout_are_unknown() {
        slurmrestd.silentOn(SUBMIT);
        assertThat(RestPlaceholders.connect(slurmrestd.config(Duration.ofSeconds(5)))
                        .submit(REQUEST))
                .isInstanceOf(Submission.Unknown.class);
        slurmrestd.cuttingOn(SUBMIT);
        assertThat(slurmrestd.placeholders().submit(REQUEST)).isInstanceOf(Submission.Unknown.class);
        slurmrestd.on(SUBMIT, 504, "<html>gateway timeout</html>");
        assertThat(slurmrestd.placeholders().submit(REQUEST)).isInstanceOf(Submission.Unknown.class);
        slurmrestd.on(SUBMIT, 504, "{\"errors\": [{\"error_number\": 5004, \"error\": \"Socket timed out\"}]}");
        assertThat(slurmrestd.placeholders().submit(REQUEST)).isInstanceOf(Submission.Unknown.class);
        assertThat(slurmrestd.heard).as("a submit is never repeated by itself").hasSize(4);
        slurmrestd.close();
        assertThat(slurmrestd.placeholders().submit(REQUEST)).isInstanceOf(Submission.Unknown.class);
    }

    @Test
    void an_error_in_a_200_is_an_error() {
        slurmrestd.on(
                SUBMIT, 200, "{\"job_id\": 0, \"errors\": [{\"error_number\": 2045, \"error\": \"Invalid account\"}]}");
        assertThat(slurmrestd.placeholders().submit(REQUEST))
                .isEqualTo(new Submission.Refused(Refusal.ACCOUNT, "Invalid account (2045; )"));
        slurmrestd.on(
                SUBMIT, 200, "{\"job_id\": 9, \"errors\": [{\"error_number\": 2045, \"error\": \"Invalid account\"}]}");
        assertThat(slurmrestd.placeholders().submit(REQUEST)).isInstanceOf(Submission.Unknown.class);
    }

    @Test
    void slurms_words_reach_the_log_on_one_short_line() {
        String words = "line one\\nline two \\u001b[31m" + "x".repeat(900);
        slurmrestd.on(SUBMIT, 500, "{\"errors\": [{\"error_number\": 2002, \"error\": \"" + words + "\"}]}");
        assertThat(slurmrestd.placeholders().submit(REQUEST))
                .isInstanceOfSatisfying(
                        Submission.Refused.class,
                        refused -> assertThat(refused.text()).matches("[\\x20-\\x7e]{1,256}"));
    }

    @Test
    void a_running_placeholder_is_read_with_its_shares() throws IOException {
        assertThat(only(job(job -> {})))
                .isEqualTo(new Placeholder(
                        1,
                        Instant.ofEpochSecond(1795352160),
                        0,
                        MARK,
                        PlaceholderState.RUNNING,
                        "Prolog",
                        Optional.empty(),
                        List.of(new Share("vmh1", 1), new Share("vmh2", 1)),
                        Optional.of(Duration.ofMinutes(30)),
                        Optional.empty()));
    }

    @Test
    void workers_that_share_a_host_are_counted_by_its_cores() throws IOException {
        ObjectNode packed = job(job -> {
            job.withObject("/tasks").put("number", 5);
            job.withObject("/job_resources/nodes/allocation/0/cpus").put("count", 12);
            job.withObject("/job_resources/nodes/allocation/1/cpus").put("count", 8);
        });
        assertThat(only(packed).shares()).containsExactly(new Share("vmh1", 3), new Share("vmh2", 2));
    }

    @Test
    void an_allocation_that_does_not_fit_the_workers_is_unknown() throws IOException {
        slurmrestd.on(LIST, 200, answer(job(job -> job.withObject("/tasks").put("number", 3))));
        assertThat(slurmrestd.placeholders().list()).isInstanceOf(Survey.Unknown.class);
    }

    @Test
    void job_state_is_compared_as_a_set() throws IOException {
        assertThat(only(job(states("RUNNING", "CONFIGURING"))).state()).isEqualTo(PlaceholderState.CONFIGURING);
        assertThat(only(job(states("CONFIGURING", "RUNNING"))).state()).isEqualTo(PlaceholderState.CONFIGURING);
        assertThat(only(job(states("COMPLETED", "COMPLETING"))).state()).isEqualTo(PlaceholderState.COMPLETING);
        assertThat(only(job(states("CANCELLED", "UPDATE_DB"))).state()).isEqualTo(PlaceholderState.CANCELLED);
        assertThat(only(job(states("PENDING", "REQUEUE_HOLD"))).state()).isEqualTo(PlaceholderState.PENDING);
        slurmrestd.on(LIST, 200, answer(job(states("CONFIGURING"))));
        assertThat(slurmrestd.placeholders().list()).isInstanceOf(Survey.Unknown.class);
    }

    @Test
    void a_waiting_placeholder_has_an_expected_start_and_no_shares() throws IOException {
        Placeholder waiting = only(job(states("PENDING")));
        assertThat(waiting.expectedStart()).contains(Instant.ofEpochSecond(1795352161));
        assertThat(waiting.shares()).isEmpty();
        assertThat(waiting.impossible()).isFalse();
        ObjectNode never = job(states("PENDING").andThen(job -> job.put("state_reason", "BadConstraints")));
        assertThat(only(never).impossible()).isTrue();
    }

    @Test
    void jobs_of_others_and_jobs_without_a_mark_are_not_placeholders() throws IOException {
        slurmrestd.on(
                LIST,
                200,
                answer(
                        job(job -> job.put("user_name", "mallory")),
                        job(job -> job.put("comment", "cloister:1:07:1:1"))));
        assertThat(slurmrestd.placeholders().list()).isEqualTo(new Survey.Seen(List.of()));
        assertThat(slurmrestd.placeholders().find(MARK)).isEqualTo(new Lookup.Absent());
    }

    @Test
    void of_two_jobs_with_one_mark_the_living_one_is_found() throws IOException {
        slurmrestd.on(LIST, 200, answer(job(job -> {}), job(states("CANCELLED").andThen(job -> job.put("job_id", 9)))));
        assertThat(slurmrestd.placeholders().find(MARK))
                .isInstanceOfSatisfying(
                        Lookup.Found.class,
                        found -> assertThat(found.placeholder().job()).isEqualTo(1));
    }

    @Test
    void a_reused_job_id_is_not_taken_for_ours() throws IOException {
        slurmrestd
                .on(JOB, 200, answer(job(job -> job.put("comment", "cloister:1:7:99:1"))))
                .on(RECORD, 200, "{\"jobs\": [], \"errors\": []}");
        assertThat(slurmrestd.placeholders().observe(1, MARK)).isEqualTo(new Lookup.Absent());
    }

    /** slurmdbd hears the comment only at the end, so what a crash of slurmctld loses has none. */
    @Test
    void a_job_without_an_end_that_slurmctld_has_forgotten_is_lost() throws IOException {
        String open = """
                {"jobs": [{"job_id": 1, "user": "cloister", "comment": {"job": ""}, "restart_cnt": 0,
                  "state": {"current": ["RUNNING"], "reason": "None"}, "time": {"submission": 1795352160, "end": 0}}],
                 "errors": []}""";
        slurmrestd.on(JOB, "get-missing").on(RECORD, 200, open);
        assertThat(slurmrestd.placeholders().observe(1, MARK))
                .isInstanceOfSatisfying(
                        Lookup.Found.class,
                        found -> assertThat(found.placeholder().state()).isEqualTo(PlaceholderState.LOST));
        slurmrestd.on(JOB, 200, answer(job(job -> job.put("comment", "cloister:1:7:99:1"))));
        assertThat(slurmrestd.placeholders().observe(1, MARK))
                .as("the open record is that of the job which now has the id")
                .isEqualTo(new Lookup.Absent());
    }

    @Test
    void how_a_placeholder_is_over_is_told_while_its_hosts_still_clean_up() throws IOException {
        Placeholder cleaning = only(job(states("PREEMPTED", "COMPLETING")));
        assertThat(cleaning.state()).isEqualTo(PlaceholderState.COMPLETING);
        assertThat(cleaning.outcome()).contains(PlaceholderState.PREEMPTED);
        assertThat(cleaning.end()).contains(PlaceholderState.PREEMPTED);
        assertThat(only(job(states("RUNNING"))).end()).isEmpty();
        assertThat(only(job(states("CANCELLED"))).end()).contains(PlaceholderState.CANCELLED);
    }

    @Test
    void what_is_left_of_a_shrunk_placeholder_is_its_shares() throws IOException {
        ObjectNode shrunk = job(job -> {
            job.withObject("/resize_time").put("number", 1795352200);
            job.withObject("/job_resources/nodes").withArray("allocation").remove(1);
        });
        assertThat(only(shrunk).shares()).containsExactly(new Share("vmh1", 1));
        ObjectNode never = job(job ->
                job.withObject("/job_resources/nodes").withArray("allocation").remove(1));
        slurmrestd.on(LIST, 200, answer(never));
        assertThat(slurmrestd.placeholders().list())
                .as("the same without a shrink is a misunderstanding")
                .isInstanceOf(Survey.Unknown.class);
    }

    @Test
    void a_preemption_with_grace_and_a_changed_limit_are_told() throws IOException {
        Placeholder told = only(job(job -> {
            job.withObject("/preempt_time").put("number", 1795352300);
            job.withObject("/end_time").put("set", true).put("number", 1795352330);
            job.withObject("/time_limit").put("number", 45);
        }));
        assertThat(told.preempted()).as("the end of the grace time").contains(Instant.ofEpochSecond(1795352330));
        assertThat(told.limit()).contains(Duration.ofMinutes(45));
    }

    @Test
    void a_warning_goes_with_the_submit() throws IOException {
        PlaceholderRequest warned = new PlaceholderRequest(
                MARK, "p7", "m1", 1, 1, 100, Duration.ofMinutes(9), false, Optional.of(Duration.ofMinutes(5)));
        slurmrestd.on(SUBMIT, "ok").placeholders().submit(warned);
        JsonNode job = CannedSlurmrestd.JSON
                .readTree(slurmrestd.heard.getFirst().body())
                .required("job");
        assertThat(job.required("kill_warning_delay")).isEqualTo(CannedSlurmrestd.JSON.readTree("""
                {"set": true, "number": 300}"""));
        assertThat(job.required("kill_warning_signal").asString()).isEqualTo("URG");
        assertThat(job.required("kill_warning_flags").toString()).isEqualTo("[\"BATCH_JOB\"]");
    }

    @Test
    void that_it_outlives_a_host_goes_with_the_submit_and_only_where_it_is_wanted() throws IOException {
        slurmrestd.on(SUBMIT, "ok").placeholders().submit(REQUEST);
        slurmrestd
                .placeholders()
                .submit(new PlaceholderRequest(
                        MARK,
                        "p7",
                        "m1",
                        2,
                        1,
                        100,
                        Duration.ofMinutes(9),
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        true));
        assertThat(slurmrestd.heard)
                .extracting(heard -> CannedSlurmrestd.JSON
                        .readTree(heard.body())
                        .required("job")
                        .path("kill_on_node_fail")
                        .toString())
                .containsExactly("", "false");
    }

    @Test
    void an_endless_answer_is_cut_off() {
        slurmrestd.endlessOn(LIST);
        // The time limit must not cut it off first, however busy the machine is.
        assertThat(RestPlaceholders.connect(
                                slurmrestd.config(Duration.ofMinutes(3)), InstantSource.system(), 4 * 1024 * 1024)
                        .list())
                .isInstanceOfSatisfying(
                        Survey.Unknown.class,
                        unknown -> assertThat(unknown.why()).contains("4194304"));
    }
}
