package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.bridge.Ending;
import cloister.bridge.Mark;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** How a placeholder is ended, and that nothing else is. */
@ParameterizedClass
@ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
class EndingTest {
    private static final String JOB = "GET /slurm/VERSION/job/1";
    private static final String CANCEL = "DELETE /slurm/VERSION/job/1";
    private static final String END = CANCEL + "?signal=USR1&flags=BATCH_JOB";
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

    /** slurmctld's answer: the recorded running job, changed. */
    private String job(Consumer<ObjectNode> change) throws IOException {
        ObjectNode body = slurmrestd.recorded("job-running").required("body").asObject();
        ObjectNode job = body.required("jobs").required(0).asObject();
        job.put("job_id", 1);
        change.accept(job);
        return body.toString();
    }

    @Test
    void ending_sends_usr1_to_the_batch_script_and_cancelling_sends_nothing() throws IOException {
        String fine = "{\"status\": [], \"errors\": []}";
        slurmrestd.on(JOB, 200, job(_ -> {})).on(END, 200, fine).on(CANCEL, 500, "");
        assertThat(slurmrestd.placeholders().end(1, MARK)).isEqualTo(new Ending.Ended());
        slurmrestd.on(END, 500, "").on(CANCEL, 200, fine);
        assertThat(slurmrestd.placeholders().cancel(1, MARK)).isEqualTo(new Ending.Ended());
        assertThat(slurmrestd.heard)
                .extracting(CannedSlurmrestd.Heard::method)
                .as("it is looked at right before")
                .containsExactly("GET", "DELETE", "GET", "DELETE");
        slurmrestd.on(CANCEL, 200, """
                {"status": [{"error": {"code": 2021, "string": "Job/step already completing or completed"}}]}""");
        assertThat(slurmrestd.placeholders().cancel(1, MARK)).isEqualTo(new Ending.AlreadyGone());
        slurmrestd.on(CANCEL, 200, """
                {"status": [{"error": {"code": 2020, "string": "Job can not be altered now, try again later"}}]}""");
        assertThat(slurmrestd.placeholders().cancel(1, MARK)).isInstanceOf(Ending.Unknown.class);
    }

    @Test
    void a_job_that_was_given_the_id_after_a_crash_is_never_ended() throws IOException {
        String fine = "{\"status\": [], \"errors\": []}";
        slurmrestd.on(END, 200, fine).on(CANCEL, 200, fine);
        String another = job(job -> job.put("comment", new Mark(7, 13, 1).comment()));
        String stranger = job(job -> job.put("user_name", "mallory"));
        String unmarked = job(job -> job.put("comment", ""));
        for (String now : List.of(another, stranger, unmarked)) {
            slurmrestd.on(JOB, 200, now);
            assertThat(slurmrestd.placeholders().end(1, MARK)).isEqualTo(new Ending.AlreadyGone());
            assertThat(slurmrestd.placeholders().cancel(1, MARK)).isEqualTo(new Ending.AlreadyGone());
        }
        slurmrestd.on(JOB, 500, "");
        assertThat(slurmrestd.placeholders().end(1, MARK)).isInstanceOf(Ending.Unknown.class);
        assertThat(slurmrestd.placeholders().cancel(1, MARK)).isInstanceOf(Ending.Unknown.class);
        assertThat(slurmrestd.heard).extracting(CannedSlurmrestd.Heard::method).containsOnly("GET");
    }
}
