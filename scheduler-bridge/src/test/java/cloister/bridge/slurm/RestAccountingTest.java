package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.bridge.Booking;
import cloister.bridge.JobRecord;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Records;
import cloister.bridge.Resources;
import cloister.bridge.SlurmBridgeConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records of placeholders that gave hosts back, as both lines of Slurm keep them. */
class RestAccountingTest {
    private static final String RECORD = "GET /slurmdb/VERSION/job/4";
    private static final Instant START = Instant.ofEpochSecond(1_795_374_234);
    private static final Instant END = START.plusSeconds(100);
    private static final String COMPLETED = "\"COMPLETED\"";
    private static final String RESIZING = "\"PENDING\", \"RESIZING\"";

    @TempDir
    Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private CannedSlurmrestd slurmrestd;

    @SuppressWarnings("NullAway.Init")
    private RestAccounting accounting;

    @BeforeEach
    void start() throws IOException {
        slurmrestd = new CannedSlurmrestd(folder, CannedSlurmrestd.OLDER);
        accounting = RestAccounting.connect(new SlurmBridgeConfig(
                URI.create("http://127.0.0.1:" + slurmrestd.port()),
                "cloister",
                folder.resolve("token"),
                "batch",
                folder,
                Duration.ofSeconds(5)));
    }

    @AfterEach
    void stop() {
        slurmrestd.close();
    }

    /** Seconds count from the job's start. */
    private static String record(String states, int submitted, int started, int ended, int elapsed, int cpus) {
        return """
                {"job_id": 4, "user": "cloister", "account": "p7", "wckey": {"wckey": "m1", "flags": []},
                 "comment": {"job": "cloister:1:7:5:1"}, "state": {"current": [%s]}, "nodes": "vmh1",
                 "time": {"submission": %d, "start": %d, "end": %d, "elapsed": %d},
                 "tres": {"allocated": [{"type": "cpu", "count": %d}, {"type": "mem", "count": %d},
                   {"type": "node", "count": %d}]}}""".formatted(
                        states,
                        START.getEpochSecond() + submitted,
                        START.getEpochSecond() + started,
                        ended < 0 ? 0 : START.getEpochSecond() + ended,
                        elapsed,
                        cpus,
                        cpus * 100,
                        cpus / 4);
    }

    private List<JobRecord> read(String... records) {
        slurmrestd.on(RECORD, 200, "{\"jobs\": [" + String.join(",", records) + "], \"errors\": []}");
        assertThat(accounting.records(4)).isInstanceOf(Records.Seen.class);
        return ((Records.Seen) accounting.records(4)).jobs();
    }

    /** Twelve cores for 20 s, eight for 30 s, four for 50 s. */
    private static JobRecord whole() {
        return new JobRecord(
                4,
                START.minusSeconds(1),
                Optional.of(new Mark(7, 5, 1)),
                "p7",
                "m1",
                PlaceholderState.COMPLETED,
                Optional.of(START),
                Optional.of(END),
                100,
                List.of(
                        new JobRecord.Held(20, new Resources(12, 1200, 0, 3)),
                        new JobRecord.Held(30, new Resources(8, 800, 0, 2))),
                new Resources(4, 400, 0, 1),
                "vmh1",
                "",
                "");
    }

    @Test
    void the_parts_of_26_05_are_one_placeholder() {
        assertThat(read(
                        record(COMPLETED, 50, 50, 100, 50, 4),
                        record(RESIZING, -1, 0, 20, 20, 12),
                        record(RESIZING, 20, 20, 50, 30, 8)))
                .containsExactly(whole());
        assertThat(whole().cpuSeconds()).isEqualTo(12 * 20 + 8 * 30 + 4 * 50);
    }

    @Test
    void the_time_that_24_11_has_in_two_parts_counts_once() {
        assertThat(read(
                        record(RESIZING, -1, 0, 20, 20, 12),
                        record(RESIZING, 20, 0, 50, 50, 8),
                        record(COMPLETED, 50, 0, 100, 100, 4)))
                .containsExactly(whole());
    }

    @Test
    void a_placeholder_that_runs_on_fewer_hosts_is_not_over() {
        List<JobRecord> seen = read(record(RESIZING, -1, 0, 20, 20, 8), record("\"RUNNING\"", 20, 20, -1, 5, 4));
        assertThat(seen).hasSize(1);
        assertThat(seen.getFirst().state()).isEqualTo(PlaceholderState.RUNNING);
        assertThat(seen.getFirst().submitted()).isEqualTo(START.minusSeconds(1));
        assertThat(seen.getFirst().ended()).isEmpty();
        assertThat(read(record(RESIZING, -1, 0, 20, 20, 8)).getFirst().state().terminal())
                .as("slurmdbd has not heard of the rest yet")
                .isFalse();
    }

    @Test
    void a_job_id_that_was_given_again_is_another_placeholder() {
        assertThat(read(record(COMPLETED, -1, 0, 20, 20, 8), record(COMPLETED, 20, 20, 100, 80, 4)))
                .as("it had ended")
                .hasSize(2);
        assertThat(read(record(RESIZING, -1, 0, 20, 20, 8), record(COMPLETED, 60, 60, 100, 40, 4)))
                .as("slurmctld lost the rest in a crash")
                .hasSize(2);
    }

    @Test
    void parts_that_are_in_the_answers_for_two_days_are_one_placeholder() {
        slurmrestd.on(
                "GET /slurmdb/VERSION/jobs/",
                200,
                "{\"jobs\": [" + record(RESIZING, -1, 0, 20, 20, 8) + "," + record(COMPLETED, 20, 20, 100, 80, 4)
                        + "], \"errors\": []}");
        assertThat(accounting.records("p7", START.minus(Duration.ofDays(1)), END))
                .isInstanceOfSatisfying(
                        Records.Seen.class, seen -> assertThat(seen.jobs()).hasSize(1));
    }

    @Test
    void an_answer_that_cannot_be_read_is_no_record_and_no_purge() {
        slurmrestd.on(RECORD, 500, "{\"errors\": [{\"error_number\": 7000}]}");
        assertThat(accounting.records(4)).isInstanceOf(Records.Unknown.class);
        slurmrestd.on(RECORD, 200, "{}");
        assertThat(accounting.records(4)).isInstanceOf(Records.Unknown.class);
        slurmrestd.on(RECORD, 200, "{\"jobs\": [" + record("\"NEW\"", 0, 0, 1, 1, 4) + "]}");
        assertThat(accounting.records(4)).isInstanceOf(Records.Unknown.class);
    }

    @Test
    void a_placeholder_that_was_corrected_already_is_not_corrected_again() {
        read(record(RESIZING, -1, 0, 20, 20, 8), record(COMPLETED, 20, 20, 100, 80, 4));
        assertThat(accounting.adjust(4, START.minusSeconds(1), 4, 400)).isEqualTo(new Booking.Done());
        assertThat(accounting.adjust(4, START.plusSeconds(20), 4, 400))
                .as("the part's own time is not the placeholder's")
                .isInstanceOf(Booking.Refused.class);
    }
}
