package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.WorkerKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.Container.ExecResult;

/** A real slurmctld with the controller's own configuration, and slurmds as its workers, for the tests of a class. */
abstract class RealSlurm {
    static final Policy POLICY = Samples.withGpus(8);
    static final WorkerKey WORKER = new WorkerKey(1, 1);
    static final WorkerKey OTHER = new WorkerKey(2, 1);

    private static final SlurmInContainer CONTAINER = new SlurmInContainer(POLICY, "local-slurm");

    final LocalSlurm slurm = CONTAINER.slurm();

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
        slurm.unfence(WORKER);
        CONTAINER.empty(WORKER, OTHER);
    }

    static ExecResult run(String... command) throws IOException, InterruptedException {
        return CONTAINER.run(command);
    }

    static int submit(String... options) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("sbatch", "--parsable", "-D", "/tmp"));
        line.addAll(List.of(options));
        ExecResult result = run(asAlice(line.toArray(String[]::new)));
        assertThat(result.getExitCode()).as(result.getStderr()).isZero();
        return Integer.parseInt(result.getStdout().strip());
    }

    static void worker() throws IOException, InterruptedException {
        worker(WORKER, "");
    }

    static void worker(WorkerKey key, String more) throws IOException, InterruptedException {
        CONTAINER.worker(key, more);
    }

    static void until(String what, Callable<Boolean> holds) throws Exception {
        SlurmInContainer.until(what, holds);
    }

    Optional<PendingJob> pending(int job) throws Exception {
        return slurm.pending().stream().filter(one -> one.job() == job).findFirst();
    }

    boolean node(NodeState state) throws Exception {
        return CONTAINER.is(WORKER, state);
    }

    static String[] asAlice(String... command) {
        return SlurmInContainer.as(5001, command);
    }
}
