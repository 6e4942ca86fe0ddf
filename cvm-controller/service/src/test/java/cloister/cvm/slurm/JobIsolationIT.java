package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.Isolation;
import cloister.cvm.demand.Feature;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.WorkerKey;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Workers that serve one job each, in a real Slurm: nothing runs by itself, and a tied job where it belongs. */
class JobIsolationIT {
    private static final int ALICE = 5001;
    private static final WorkerKey FIRST = new WorkerKey(1, 1);
    private static final WorkerKey SECOND = new WorkerKey(2, 1);
    private static final SlurmInContainer CONTAINER =
            new SlurmInContainer(Samples.policy(8, Isolation.JOB, 0), "job-isolation");

    private final LocalSlurm slurm = CONTAINER.slurm();

    @BeforeAll
    static void start() {
        CONTAINER.start();
    }

    @AfterAll
    static void stop() {
        CONTAINER.close();
    }

    @AfterEach
    void empty() throws Exception {
        CONTAINER.empty(FIRST, SECOND);
    }

    private void worker(WorkerKey worker) throws Exception {
        CONTAINER.worker(worker, "Feature=u5001,lease-" + worker.lease());
        SlurmInContainer.until("it is there", () -> CONTAINER.is(worker, NodeState.FREE));
    }

    private PendingJob pending(int job) throws Exception {
        return slurm.pending().stream()
                .filter(one -> one.job() == job)
                .findFirst()
                .orElseThrow();
    }

    private boolean tie(PendingJob job, int lease) throws Exception {
        return slurm.bind(new Feature(job.taskNames().getFirst(), PendingJob.Gate.feature(lease)));
    }

    private boolean eligible(int job) throws Exception {
        return pending(job).eligible(Instant.now().getEpochSecond() + 1);
    }

    @Test
    void exactly_the_job_that_is_tied_runs_on_the_worker_and_only_once_that_has_come() throws Exception {
        int first = CONTAINER.submit(ALICE, "--wrap", "true");
        int second = CONTAINER.submit(ALICE, "--wrap", "true");
        assertThat(tie(pending(second), 77)).as("there is no such worker").isFalse();
        worker(FIRST);
        assertThat(pending(first).gate().shut()).isTrue();
        assertThat(eligible(first)).isTrue();

        assertThat(tie(pending(second), 1)).isTrue();
        SlurmInContainer.until(
                "it runs there", () -> CONTAINER.shown(second, "%T %N").equals("COMPLETED w1-1"));
        assertThat(CONTAINER.shown(first, "%T %f")).isEqualTo("PENDING unassigned");
    }

    @Test
    void each_task_of_an_array_is_tied_to_a_worker_of_its_own() throws Exception {
        int array = CONTAINER.submit(ALICE, "-a", "1-5:2", "--wrap", "sleep 600");
        PendingJob whole = pending(array);
        assertThat(whole.taskNames()).containsExactly(array + "_1", array + "_3", array + "_5");
        assertThat(whole.name()).isEqualTo(array + "_[1,3,5]");
        worker(FIRST);
        worker(SECOND);
        assertThat(tie(whole, 1)).isTrue();
        assertThat(slurm.bind(new Feature(whole.taskNames().getLast(), PendingJob.Gate.feature(2))))
                .isTrue();

        SlurmInContainer.until(
                "one runs on each",
                () -> CONTAINER.shown(array + "_1", "%T %N").equals("RUNNING w1-1")
                        && CONTAINER.shown(array + "_5", "%T %N").equals("RUNNING w2-1"));
        PendingJob left = slurm.pending().getFirst();
        assertThat(left.taskNames()).containsExactly(array + "_3");
        assertThat(left.gate().shut()).isTrue();
        assertThat(left.gate().origin(left.job())).isEqualTo(array);
        assertThat(slurm.pending()).hasSize(1);
    }

    @Test
    void a_task_that_is_tied_and_waits_is_read_as_its_arrays() throws Exception {
        int array = CONTAINER.submit(ALICE, "-a", "1-3", "--wrap", "true");
        worker(FIRST);
        slurm.drain(FIRST);
        assertThat(tie(pending(array), 1)).isTrue();

        PendingJob tied = slurm.pending().stream()
                .filter(job -> job.gate().lease() == 1)
                .findFirst()
                .orElseThrow();
        assertThat(tied.gate().origin(tied.job())).isEqualTo(array);
        assertThat(tied.submitted()).isEqualTo(pending(array).submitted());
        assertThat(tied.arrayTasks()).isEqualTo(1);
        assertThat(pending(array).arrayTasks()).isEqualTo(2);
        assertThat(slurm.bind(new Feature(tied.name(), PendingJob.Gate.feature(0))))
                .isTrue();
        assertThat(slurm.pending()).allMatch(job -> job.gate().shut());
    }

    @Test
    void a_job_that_lost_its_worker_is_untied_and_starts_on_a_new_one() throws Exception {
        int job = CONTAINER.submit(ALICE, "--wrap", "sleep 600");
        worker(FIRST);
        assertThat(tie(pending(job), 1)).isTrue();
        SlurmInContainer.until("it runs", () -> CONTAINER.shown(job, "%T").equals("RUNNING"));
        assertThat(slurm.down(FIRST)).isTrue();
        SlurmInContainer.until(
                "it waits again", () -> CONTAINER.shown(job, "%T").equals("PENDING"));
        SlurmInContainer.until("the node is forgotten", () -> slurm.delete(FIRST));
        // As long as Slurm needs to see that there is no such worker any more.
        slurm.startNow(job);
        int probe = CONTAINER.submit(ALICE, "--wrap", "true");
        SlurmInContainer.until("Slurm has looked at both", () -> eligible(probe));
        PendingJob lost = pending(job);
        assertThat(lost.gate().lease()).isEqualTo(1);
        assertThat(lost.restarts()).isEqualTo(1);

        assertThat(slurm.bind(new Feature(lost.name(), PendingJob.Gate.feature(0))))
                .isTrue();
        SlurmInContainer.until("it may start", () -> slurm.startNow(job) && eligible(job));
        worker(SECOND);
        assertThat(CONTAINER.shown(job, "%T")).isEqualTo("PENDING");
        assertThat(tie(pending(job), 2)).isTrue();
        SlurmInContainer.until(
                "it runs on the new one", () -> CONTAINER.shown(job, "%T %N").equals("RUNNING w2-1"));
    }

    @Test
    void nothing_that_a_user_asks_for_or_changes_gets_a_job_onto_a_worker() throws Exception {
        worker(FIRST);
        for (String option : List.of(
                "--constraint=lease-1",
                "--constraint=unassigned|lease-1",
                "--constraint=u5001",
                "--prefer=lease-1",
                "--batch=lease-1",
                "--nodelist=w1-1",
                "--reservation=end-w1-1")) {
            for (List<String> command : List.of(
                    List.of("sbatch", option, "--wrap", "true"),
                    List.of("srun", "--immediate=5", option, "true"),
                    List.of("salloc", "--immediate=5", option, "true"))) {
                assertThat(CONTAINER
                                .runAs(ALICE, command.toArray(String[]::new))
                                .getExitCode())
                        .as(String.join(" ", command))
                        .isNotZero();
            }
        }
        int job = CONTAINER.submit(ALICE, "--wrap", "true");
        for (String change : List.of(
                "features=lease-1",
                "features=",
                "prefer=lease-1",
                "batchfeatures=lease-1",
                "reqnodelist=w1-1",
                "nodelist=w1-1",
                "partition=batch",
                "reservation=end-w1-1",
                "extra=lease-1")) {
            assertThat(CONTAINER
                            .runAs(ALICE, "scontrol", "update", "jobid=" + job, change)
                            .getExitCode())
                    .as(change)
                    .isNotZero();
        }
        int other = CONTAINER.submit(ALICE, "--wrap", "true");
        assertThat(tie(pending(other), 1)).isTrue();
        SlurmInContainer.until(
                "another runs there", () -> CONTAINER.shown(other, "%T").equals("COMPLETED"));
        assertThat(CONTAINER.shown(job, "%T %f")).isEqualTo("PENDING unassigned");
    }
}
