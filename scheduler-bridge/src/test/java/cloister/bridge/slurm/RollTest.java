package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Submission;
import cloister.bridge.Survey;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How many requests a look takes, and what it never misses. */
class RollTest {
    private static final String SUBMIT = "POST /slurm/VERSION/job/submit";
    private static final String LIST = "GET /slurm/VERSION/jobs/";
    private static final String STATES = "GET /slurm/VERSION/jobs/state/";
    private static final int MANY = 10_000;
    private static final PlaceholderRequest REQUEST =
            new PlaceholderRequest(new Mark(7, 12, 1), "p7", "m1", 2, 3, 8192, Duration.ofMinutes(9), true);

    @TempDir
    Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private CannedSlurmrestd slurmrestd;

    @SuppressWarnings("NullAway.Init")
    private RestPlaceholders placeholders;

    private final TreeMap<Long, ObjectNode> jobs = new TreeMap<>();

    @BeforeEach
    void start() throws IOException {
        slurmrestd = new CannedSlurmrestd(folder, CannedSlurmrestd.NEWER);
        placeholders = slurmrestd.placeholders();
    }

    @AfterEach
    void stop() {
        slurmrestd.close();
    }

    private ObjectNode job(long id, String user, int lease, String state) {
        ObjectNode job = CannedSlurmrestd.JSON
                .createObjectNode()
                .put("job_id", id)
                .put("user_name", user)
                .put("comment", "cloister:1:7:" + lease + ":1")
                .put("state_reason", "Priority")
                .put("restart_cnt", 0);
        job.putArray("job_state").add(state);
        job.putObject("submit_time").put("set", true).put("number", 1795352160 + id);
        jobs.put(id, job);
        return job;
    }

    private void atTheGate(long id) throws IOException {
        ObjectNode job = slurmrestd.runningJob();
        job.put("job_id", id).put("comment", "cloister:1:7:" + id + ":1").put("user_name", "cloister");
        job.putArray("job_state").add("RUNNING").add("CONFIGURING");
        jobs.put(id, job);
    }

    private static String answer(Iterable<ObjectNode> jobs) {
        ObjectNode answer = CannedSlurmrestd.JSON.createObjectNode();
        ArrayNode list = answer.putArray("jobs");
        for (ObjectNode job : jobs) list.add(job);
        answer.putArray("errors");
        return answer.toString();
    }

    /** From here on slurmrestd tells of the jobs as they are now. */
    private void tell() {
        slurmrestd.on(LIST, 200, answer(jobs.values()));
        jobs.forEach((id, job) -> slurmrestd.on("GET /slurm/VERSION/job/" + id, 200, answer(List.of(job))));
    }

    private List<Placeholder> look() {
        slurmrestd.heard.clear();
        return switch (placeholders.list()) {
            case Survey.Seen seen -> seen.placeholders();
            case Survey.Unknown(String why) -> throw new AssertionError(why);
        };
    }

    private List<String> asked() {
        return slurmrestd.heard.stream()
                .map(heard -> heard.target().replace("/slurm/v0.0.45", ""))
                .toList();
    }

    @Test
    void ten_thousand_placeholders_take_two_requests_a_look() {
        for (int i = 1; i <= MANY; i++) job(i, "cloister", i, "PENDING");
        tell();
        assertThat(look()).hasSize(MANY);
        assertThat(asked()).contains("/jobs/state/", "/jobs/");
        for (int pass = 0; pass < 20; pass++) {
            assertThat(look()).hasSize(MANY);
            assertThat(asked()).startsWith("/jobs/state/").hasSizeLessThanOrEqualTo(2);
        }
    }

    @Test
    void only_what_is_in_another_state_is_read_by_itself() {
        for (int i = 1; i <= MANY; i++) job(i, "cloister", i, "PENDING");
        tell();
        look();
        job(4711, "cloister", 4711, "CANCELLED");
        jobs.remove(12L);
        job(MANY + 1, "cloister", MANY + 1, "PENDING");
        tell();
        List<Placeholder> seen = look();
        assertThat(asked()).contains("/job/4711", "/job/10001").hasSizeLessThanOrEqualTo(4);
        assertThat(seen)
                .hasSize(MANY)
                .extracting(Placeholder::job)
                .doesNotContain(12L)
                .contains(MANY + 1L);
        assertThat(seen.stream().filter(one -> one.job() == 4711).findFirst())
                .hasValueSatisfying(one -> assertThat(one.state()).isEqualTo(PlaceholderState.CANCELLED));
    }

    /** The first look took 0.1 s for the long list: that is not due for 0.9 s. */
    @Test
    void a_burst_is_read_when_the_long_list_is_due_and_what_stands_at_the_gate_at_once() throws IOException {
        for (int i = 1; i <= 1000; i++) job(i, "cloister", i, "PENDING");
        tell();
        slurmrestd.crowded(true);
        look();
        slurmrestd.crowded(false);
        for (int i = 1001; i <= 2000; i++) job(i, "cloister", i, "PENDING");
        atTheGate(1999);
        job(17, "cloister", 17, "CANCELLED");
        tell();
        slurmrestd.heard.clear();
        assertThat(placeholders.list()).isInstanceOfSatisfying(Survey.Seen.class, seen -> {
            assertThat(seen.placeholders())
                    .hasSize(1031)
                    .extracting(Placeholder::job)
                    .contains(17L, 1999L)
                    .doesNotContainAnyElementsOf(seen.unread());
            assertThat(seen.unread()).hasSize(969);
        });
        assertThat(asked()).contains("/jobs/state/", "/job/17", "/job/1999").doesNotContain("/jobs/");
        Survey last = placeholders.list();
        for (int pass = 0; pass < 1000 && !readWhole(last); pass++) last = placeholders.list();
        assertThat(last)
                .isInstanceOfSatisfying(
                        Survey.Seen.class,
                        seen -> assertThat(seen.placeholders()).hasSize(2000));
    }

    private static boolean readWhole(Survey survey) {
        return survey instanceof Survey.Seen seen && seen.unread().isEmpty();
    }

    @Test
    void a_reason_that_changes_without_the_state_is_seen_at_the_next_look_of_a_small_site() {
        job(1, "cloister", 1, "PENDING");
        tell();
        assertThat(look().getFirst().reason()).isEqualTo("Priority");
        job(1, "cloister", 1, "PENDING").put("state_reason", "JobHeldAdmin");
        tell();
        Survey last = placeholders.list();
        for (int pass = 0; pass < 50 && !held(last); pass++) last = placeholders.list();
        assertThat(held(last)).as("%s", last).isTrue();
    }

    private static boolean held(Survey survey) {
        return survey instanceof Survey.Seen seen
                && seen.placeholders().getFirst().reason().equals("JobHeldAdmin");
    }

    @Test
    void jobs_of_others_are_read_once_until_their_id_may_be_another_job() throws IOException {
        job(1, "mallory", 1, "RUNNING");
        job(2, "cloister", 2, "PENDING");
        slurmrestd.on("GET /slurm/VERSION/job/3", "get-missing");
        tell();
        slurmrestd.on(STATES, 200, """
                {"jobs": [{"job_id": "1", "state": ["RUNNING"]}, {"job_id": "2", "state": ["PENDING"]},
                  {"job_id": "3", "state": ["RUNNING"]}, {"job_id": "9_[1-4]", "state": ["PENDING"]}], "errors": []}""");
        assertThat(look()).extracting(Placeholder::job).containsExactly(2L);
        slurmrestd.on(STATES, 200, """
                {"jobs": [{"job_id": "1", "state": ["COMPLETED"]}, {"job_id": "2", "state": ["PENDING"]},
                  {"job_id": "3", "state": ["COMPLETED"]}], "errors": []}""");
        look();
        assertThat(asked()).doesNotContain("/job/1", "/job/3");
        job(1, "cloister", 1, "PENDING");
        tell();
        slurmrestd.on(STATES, 200, """
                {"jobs": [{"job_id": "1", "state": ["PENDING"]}, {"job_id": "2", "state": ["PENDING"]}], "errors": []}""");
        assertThat(look()).extracting(Placeholder::job).containsExactly(1L, 2L);
    }

    /** slurmctld crashed and gave the id of a job that it lost to the next one, between two looks. */
    @Test
    void nothing_remembered_is_believed_after_an_outcome_that_is_not_known() {
        job(1, "cloister", 1, "PENDING");
        tell();
        look();
        job(1, "cloister", 2, "PENDING");
        tell();
        slurmrestd.on(SUBMIT, 504, "gateway timeout");
        assertThat(placeholders.submit(REQUEST)).isInstanceOf(Submission.Unknown.class);
        assertThat(look()).extracting(Placeholder::mark).containsExactly(new Mark(7, 2, 1));
        assertThat(asked()).contains("/jobs/state/", "/jobs/");

        job(1, "cloister", 3, "PENDING");
        tell();
        slurmrestd.on(SUBMIT, 200, "{\"job_id\": 1, \"errors\": []}");
        assertThat(placeholders.submit(REQUEST)).isEqualTo(new Submission.Placed(1));
        assertThat(look()).extracting(Placeholder::mark).containsExactly(new Mark(7, 3, 1));
        assertThat(asked()).contains("/job/1");
    }

    @Test
    void nothing_remembered_is_believed_after_a_gap() throws IOException {
        job(1, "cloister", 1, "PENDING");
        tell();
        look();
        slurmrestd.on(STATES, "ctld-down-GET-states");
        assertThat(placeholders.list()).isInstanceOf(Survey.Unknown.class);
        job(1, "cloister", 2, "PENDING");
        tell();
        slurmrestd.on(STATES, "states");
        slurmrestd.on(STATES, 200, "{\"jobs\": [{\"job_id\": \"1\", \"state\": [\"PENDING\"]}], \"errors\": []}");
        assertThat(look()).extracting(Placeholder::mark).containsExactly(new Mark(7, 2, 1));
        assertThat(asked()).contains("/jobs/state/", "/jobs/");
    }

    @Test
    void the_recorded_short_list_is_read() throws IOException {
        job(3, "cloister", 3, "COMPLETED");
        job(4, "cloister", 4, "PENDING");
        tell();
        slurmrestd.on(STATES, "states");
        assertThat(look()).extracting(Placeholder::job).containsExactly(3L, 4L);
    }

    @Test
    void duplicates_are_all_that_live_but_the_newest() {
        job(1, "cloister", 5, "PENDING");
        job(2, "cloister", 5, "PENDING");
        job(3, "cloister", 5, "CANCELLED");
        job(4, "cloister", 6, "PENDING");
        tell();
        assertThat(placeholders.duplicates(new Mark(7, 5, 1)))
                .isInstanceOfSatisfying(
                        Survey.Seen.class,
                        seen -> assertThat(seen.placeholders())
                                .extracting(Placeholder::job)
                                .containsExactly(1L));
        assertThat(placeholders.duplicates(new Mark(7, 6, 1))).isEqualTo(new Survey.Seen(List.of()));
        assertThat(placeholders.find(new Mark(7, 5, 1)).toString()).contains("job=2,");
    }
}
