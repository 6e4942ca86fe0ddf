package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.bridge.Lookup;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderState;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What slurmdbd says of a job that slurmctld has forgotten. */
@ParameterizedClass
@ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
class RecordsTest {
    private static final String JOB = "GET /slurm/VERSION/job/1";
    private static final String RECORD = "GET /slurmdb/VERSION/job/1";
    private static final Mark MARK = new Mark(7, 12, 1);

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

    @Test
    void absent_needs_both_slurmctld_and_slurmdbd_to_say_so() throws IOException {
        slurmrestd.on(JOB, "get-missing").on(RECORD, 500, "{\"errors\": [{\"error_number\": 7000}]}");
        assertThat(slurmrestd.placeholders().observe(1, MARK)).isInstanceOf(Lookup.Unknown.class);
        slurmrestd.on(RECORD, 200, "{\"jobs\": [], \"errors\": []}");
        assertThat(slurmrestd.placeholders().observe(1, MARK)).isEqualTo(new Lookup.Absent());
        slurmrestd.on(JOB, "ctld-down-GET-jobs-slurm");
        assertThat(slurmrestd.placeholders().observe(1, MARK)).isInstanceOf(Lookup.Unknown.class);
    }

    @Test
    void ended_records_without_comments_say_how_to_mend_it() throws IOException {
        slurmrestd.on(JOB, "get-missing").on(RECORD, 200, """
                {"jobs": [{"job_id": 1, "user": "cloister", "comment": {"job": ""}, "restart_cnt": 0,
                  "state": {"current": ["COMPLETED"]}, "time": {"submission": 1795352160}}], "errors": []}""");
        assertThat(slurmrestd.placeholders().observe(1, MARK))
                .isInstanceOfSatisfying(
                        Lookup.Unknown.class,
                        unknown -> assertThat(unknown.why()).contains("AccountingStoreFlags=job_comment"));
    }

    @Test
    void a_record_that_was_closed_when_slurmctld_started_without_its_state_is_a_lost_placeholder() throws IOException {
        slurmrestd.on(JOB, "get-missing").on(RECORD, 200, """
                {"jobs": [{"job_id": 1, "user": "cloister", "comment": {"job": ""}, "restart_cnt": 0,
                  "state": {"current": ["CANCELLED"]}, "time": {"submission": 1795352160}}], "errors": []}""");
        assertThat(slurmrestd.placeholders().observe(1, MARK))
                .isInstanceOfSatisfying(
                        Lookup.Found.class,
                        found -> assertThat(found.placeholder().state()).isEqualTo(PlaceholderState.LOST));
    }

    @Test
    void the_newest_record_of_a_shrunk_placeholder_counts() throws IOException {
        slurmrestd.on(JOB, "get-missing").on(RECORD, 200, """
                {"jobs": [
                  {"job_id": 1, "user": "cloister", "comment": {"job": "cloister:1:7:12:1"}, "restart_cnt": 0,
                   "state": {"current": ["PENDING", "RESIZING"]}, "time": {"submission": 1795352160, "end": 1795352180}},
                  {"job_id": 1, "user": "cloister", "comment": {"job": "cloister:1:7:12:1"}, "restart_cnt": 0,
                   "state": {"current": ["TIMEOUT"]}, "time": {"submission": 1795352180, "end": 1795352190}}],
                 "errors": []}""");
        assertThat(slurmrestd.placeholders().observe(1, MARK))
                .isInstanceOfSatisfying(
                        Lookup.Found.class,
                        found -> assertThat(found.placeholder().state()).isEqualTo(PlaceholderState.TIMEOUT));
    }
}
