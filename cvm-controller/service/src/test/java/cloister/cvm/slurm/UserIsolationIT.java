package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.Isolation;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.WorkerKey;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;

/** Workers that serve one member each, in a real Slurm: what bob may try to get onto alice's. */
class UserIsolationIT {
    private static final int ALICE = 5001;
    private static final int BOB = 5002;
    private static final WorkerKey HERS = new WorkerKey(1, 1);
    private static final WorkerKey HIS = new WorkerKey(2, 1);
    private static final SlurmInContainer CONTAINER =
            new SlurmInContainer(Samples.policy(8, Isolation.USER, 0), "user-isolation");

    private final LocalSlurm slurm = CONTAINER.slurm();

    @BeforeAll
    static void start() throws Exception {
        CONTAINER.start();
        CONTAINER.worker(HERS, "Feature=u5001,lease-1");
    }

    @AfterAll
    static void stop() {
        CONTAINER.close();
    }

    /** What was submitted after another job's place in the queue was looked at, too. */
    private static void afterAllIsScheduled() throws Exception {
        int probe = CONTAINER.submit(ALICE, "--wrap", "true");
        SlurmInContainer.until(
                "alice's own jobs run", () -> CONTAINER.shown(probe, "%T").equals("COMPLETED"));
    }

    @Test
    void a_job_runs_on_its_own_users_workers_alone() throws Exception {
        SlurmInContainer.until("her worker is there", () -> CONTAINER.is(HERS, NodeState.FREE));
        int his = CONTAINER.submit(BOB, "--wrap", "true");
        afterAllIsScheduled();
        assertThat(CONTAINER.shown(his, "%T")).isEqualTo("PENDING");
        assertThat(slurm.pending().getFirst().eligible(Instant.now().getEpochSecond() + 1))
                .as("workers are asked for it")
                .isTrue();

        CONTAINER.worker(HIS, "Feature=u5002,lease-2");
        SlurmInContainer.until(
                "it runs on his own", () -> CONTAINER.shown(his, "%T %N").equals("COMPLETED w2-1"));
        slurm.down(HIS);
        assertThat(slurm.delete(HIS)).isTrue();
    }

    @Test
    void nothing_that_he_asks_for_when_he_submits_gets_his_job_onto_her_worker() throws Exception {
        SlurmInContainer.until("her worker is there", () -> CONTAINER.is(HERS, NodeState.FREE));
        for (String option : List.of(
                "--constraint=u5001",
                "--constraint=u5001|u5002",
                "--constraint=u5002&u5001",
                "--constraint=[u5001*1]",
                "--constraint=lease-1",
                "--prefer=u5001",
                "--batch=u5001",
                "--nodelist=w1-1",
                "--reservation=end-w1-1",
                "--uid=5001",
                "--partition=other")) {
            for (List<String> command : List.of(
                    List.of("sbatch", option, "--wrap", "true"),
                    List.of("srun", "--immediate=5", option, "true"),
                    List.of("salloc", "--immediate=5", option, "true"))) {
                assertThat(CONTAINER.runAs(BOB, command.toArray(String[]::new)).getExitCode())
                        .as(String.join(" ", command))
                        .isNotZero();
            }
        }
        ExecResult script = CONTAINER.runAs(BOB, "sh", "-c", "printf '#!/bin/sh\\n#SBATCH -C u5001\\n' | sbatch");
        assertThat(script.getStderr()).contains("which this project's policy sets itself");
        ExecResult variable = CONTAINER.runAs(BOB, "env", "SBATCH_CONSTRAINT=u5001", "sbatch", "--wrap", "true");
        assertThat(variable.getStderr()).contains("which this project's policy sets itself");
        assertThat(CONTAINER.run("squeue", "--noheader", "--user=bob").getStdout())
                .isBlank();
    }

    @Test
    void nothing_that_he_changes_later_gets_his_job_onto_her_worker() throws Exception {
        SlurmInContainer.until("her worker is there", () -> CONTAINER.is(HERS, NodeState.FREE));
        int his = CONTAINER.submit(BOB, "--wrap", "true");
        SlurmInContainer.until(
                "it waits for workers of his own",
                () -> CONTAINER.shown(his, "%f").equals("u5002"));
        for (String change : List.of(
                "features=u5001",
                "features=u5001|u5002",
                "features=",
                "prefer=u5001",
                "batchfeatures=u5001",
                "reqnodelist=w1-1",
                "nodelist=w1-1",
                "partition=batch",
                "reservation=end-w1-1",
                "extra=u5001",
                "userid=5001")) {
            assertThat(CONTAINER
                            .runAs(BOB, "scontrol", "update", "jobid=" + his, change)
                            .getExitCode())
                    .as(change)
                    .isNotZero();
        }
        for (List<String> change : List.of(
                List.of("nodename=w1-1", "availablefeatures=u5001,u5002"),
                List.of("nodename=w1-1", "activefeatures=u5002"),
                List.of("partitionname=batch", "nodes=w1-1"))) {
            assertThat(CONTAINER
                            .runAs(BOB, "scontrol", "update", change.getFirst(), change.getLast())
                            .getExitCode())
                    .as(change.toString())
                    .isNotZero();
        }
        assertThat(CONTAINER
                        .runAs(BOB, "scontrol", "requeue", Integer.toString(his))
                        .getExitCode())
                .as("a waiting job")
                .isNotZero();
        assertThat(CONTAINER
                        .runAs(BOB, "scontrol", "update", "jobid=" + his, "timelimit=4")
                        .getExitCode())
                .as("what does not matter can be changed")
                .isZero();
        afterAllIsScheduled();
        assertThat(CONTAINER.shown(his, "%T %f")).isEqualTo("PENDING u5002");
        CONTAINER.run("scancel", Integer.toString(his));
    }
}
