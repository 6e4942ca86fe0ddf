package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.cvm.demand.Need;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;

/** The commands and the configuration against a real slurmctld and slurmd. */
class LocalSlurmIT extends RealSlurm {
    @Test
    void jobs_wait_for_workers_that_do_not_exist_yet_and_are_read_as_what_they_ask() throws Exception {
        int two = submit("-N2", "--spread-job", "--tmp=300", "-t", "10", "--mem=500", "--wrap", "true");
        int array = submit("-a", "1-20%4", "-c", "2", "-t", "5", "--wrap", "true");
        int held = submit("--hold", "-t", "5", "--wrap", "true");
        until(
                "Slurm has looked at them",
                () -> pending(two).isPresent() && pending(array).isPresent());

        PendingJob waits = pending(two).orElseThrow();
        assertThat(waits.nodes()).isEqualTo(2);
        assertThat(waits.spread()).isTrue();
        assertThat(waits.tmpMiB()).isEqualTo(300);
        assertThat(waits.memPerNodeMiB()).isEqualTo(500);
        assertThat(waits.limitMin()).isEqualTo(10);
        assertThat(waits.user()).isEqualTo(5001);
        assertThat(waits.eligible(Instant.now().getEpochSecond() + 5)).isTrue();
        assertThat(pending(array).orElseThrow().arrayTasks()).isEqualTo(4);
        assertThat(pending(array).orElseThrow().spread()).isFalse();
        assertThat(pending(held).orElseThrow().eligible(Instant.now().getEpochSecond() + 5))
                .isFalse();
        assertThat(slurm.nodes()).isEmpty();
    }

    @Test
    void what_no_worker_could_hold_is_refused_at_once_in_words() throws Exception {
        ExecResult refused = run(asAlice("sbatch", "-c", "5", "--wrap", "true"));

        assertThat(refused.getExitCode()).isNotZero();
        assertThat(refused.getStderr()).contains("The largest worker has 4 CPUs");
    }

    @Test
    void what_picks_nodes_is_refused_in_words() throws Exception {
        for (String option : List.of(
                "--nodelist=w1-1", "--prefer=fast", "--batch=fast", "--reservation=end-w1-1", "--licenses=matlab")) {
            ExecResult refused = run(asAlice("sbatch", option, "--wrap", "true"));
            assertThat(refused.getExitCode()).as(option).isNotZero();
            assertThat(refused.getStderr()).as(option).contains("and workers here have none");
        }
    }

    @Test
    void a_plain_squeue_shows_what_a_job_waits_for_and_one_with_options_shows_what_they_ask() throws Exception {
        int job = submit("-t", "5", "--wrap", "true");
        until("Slurm has looked at it", () -> pending(job).isPresent());
        assertThat(squeue()).as("nobody was told anything yet").doesNotContain("(null)");
        int over = submit("-t", "5", "--wrap", "true");
        int other = submit("-t", "5", "--wrap", "true");
        run("scancel", Integer.toString(over));
        assertThat(slurm.tell(List.of(over, job, other), "cloister: it waits for 2 workers"))
                .as("not all of them")
                .isFalse();
        assertThat(slurm.tell(List.of(job, other), "cloister: it waits for 2 workers"))
                .isTrue();
        run("scancel", Integer.toString(other));
        assertThat(squeue())
                .contains(Integer.toString(job), "PD", "cloister: it waits for 2 workers")
                .doesNotContain("(null)");
        assertThat(squeue("-h", "-o", "%i").strip()).isEqualTo(Integer.toString(job));
        assertThat(squeue("-h", "-O", "JobID:1").strip()).doesNotContain("cloister");
        assertThat(slurm.tell(List.of(job), "")).isTrue();
        assertThat(squeue()).doesNotContain("cloister:", "(null)");
    }

    /** As in a session over ssh: with what the CVM's sshd puts into the environment. */
    private static String squeue(String... options) throws IOException, InterruptedException {
        String format = Files.readAllLines(Path.of("../../compose/guest/root/etc/ssh/sshd_config")).stream()
                .filter(line -> line.startsWith("SetEnv \"SQUEUE_FORMAT2="))
                .map(line -> line.substring("SetEnv \"".length(), line.length() - 1))
                .findFirst()
                .orElseThrow();
        List<String> line = new ArrayList<>(List.of("env", format, "squeue"));
        line.addAll(List.of(options));
        ExecResult result = run(asAlice(line.toArray(String[]::new)));
        assertThat(result.getExitCode()).as(result.getStderr()).isZero();
        return result.getStdout();
    }

    @Test
    void a_worker_comes_works_and_goes() throws Exception {
        int job = submit("-t", "5", "--wrap", "sleep 600");
        worker();
        until("the job runs", () -> node(NodeState.BUSY));
        assertThat(pending(job)).isEmpty();
        assertThat(slurm.delete(WORKER)).as("a node with a job is not let go").isFalse();
        assertThat(slurm.drain(WORKER)).isTrue();
        assertThat(node(NodeState.DRAINING)).isTrue();
        assertThat(slurm.resume(WORKER)).isTrue();

        long cancelled = Instant.now().getEpochSecond();
        run("scancel", Integer.toString(job));
        until("the node is free", () -> node(NodeState.FREE));
        Node free = slurm.nodes().getFirst();
        assertThat(free.free()).isEqualTo(new Need(2, 1000));
        assertThat(free.lastBusy()).isBetween(cancelled, Instant.now().getEpochSecond());
        assertThat(slurm.drain(WORKER)).isTrue();
        assertThat(node(NodeState.DRAINED)).isTrue();
        assertThat(slurm.delete(WORKER)).isTrue();
        assertThat(slurm.nodes()).isEmpty();
        assertThat(slurm.delete(WORKER)).isFalse();
    }

    @Test
    void a_job_that_could_not_end_before_the_fence_does_not_start_and_a_shorter_one_does() throws Exception {
        worker();
        until("the worker is there", () -> node(NodeState.FREE));
        assertThat(slurm.fence(WORKER, Instant.now().plus(Duration.ofMinutes(20))))
                .isTrue();
        assertThat(slurm.fence(WORKER, Instant.now().plus(Duration.ofMinutes(20))))
                .as("it can be moved")
                .isTrue();
        int lengthy = submit("-t", "30", "--wrap", "true");
        int brief = submit("-t", "10", "--wrap", "true");

        until("the brief one is done", () -> pending(brief).isEmpty());
        assertThat(pending(lengthy)).isPresent();
        assertThat(slurm.unfence(WORKER)).isTrue();
        until(
                "the lengthy one starts when the fence is gone",
                () -> pending(lengthy).isEmpty());
    }

    @Test
    void a_lost_workers_job_is_requeued_and_can_be_hurried() throws Exception {
        int job = submit("-t", "5", "--wrap", "sleep 600");
        worker();
        until("the job runs", () -> node(NodeState.BUSY));
        assertThat(slurm.down(WORKER)).isTrue();
        until(
                "the job waits again",
                () -> pending(job).map(PendingJob::waitsAfterRequeue).orElse(false));
        assertThat(pending(job).orElseThrow().restarts()).isEqualTo(1);

        // Again, as the controller does: Slurm may set the delay after we took it away.
        until(
                "it may start at once",
                () -> slurm.startNow(job)
                        && pending(job)
                                .map(one -> one.eligible(Instant.now().getEpochSecond() + 1))
                                .orElse(false));
    }
}
