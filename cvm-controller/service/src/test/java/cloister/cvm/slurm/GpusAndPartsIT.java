package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import cloister.cvm.demand.Ask;
import cloister.cvm.demand.Demand;
import cloister.cvm.demand.Gpus;
import cloister.cvm.demand.JobBook;
import cloister.cvm.demand.Need;
import cloister.cvm.demand.Waiting;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;

/** Jobs with GPUs, with a feature, and of several parts against a real slurmctld and slurmd. */
class GpusAndPartsIT extends RealSlurm {
    @Test
    void gpus_and_features_that_no_worker_has_are_refused_in_words() throws Exception {
        String features = "it may name one of gpu-a, gpu-c, without operators";
        Map<String, String> words = Map.of(
                "--gpus-per-node=8", "no shape has 8 GPUs on one node; the nearest that there is has 2 GPUs",
                "--gres=gpu:b:1", "no shape has GPUs of that kind; the kinds here are a, c",
                "--gpus=17", "it asks for 17 GPUs in all",
                "--gpus=a:1,c:1", "it asks for GPUs twice",
                "--constraint=fast", features,
                "--constraint=gpu-a|gpu-c", features,
                "--constraint=gpu-b", features);
        for (Map.Entry<String, String> one : words.entrySet()) {
            ExecResult refused = run(asAlice("sbatch", one.getKey(), "--wrap", "true"));
            assertThat(refused.getExitCode()).as(one.getKey()).isNotZero();
            assertThat(refused.getStderr()).as(one.getKey()).contains(one.getValue());
        }
    }

    @Test
    void what_the_plugin_lets_pass_the_ceilings_refuse() throws Exception {
        ExecResult refused = run(asAlice("sbatch", "--constraint=gpu-a", "--gres=gpu:c:1", "--wrap", "true"));

        assertThat(refused.getExitCode()).isNotZero();
        assertThat(refused.getStderr())
                .contains("Requested node configuration is not available")
                .doesNotContain("No worker can hold");
    }

    @Test
    void jobs_with_gpus_are_read_as_what_they_ask_and_asked_for() throws Exception {
        Map<String, GpuWish> wishes = Map.of(
                "--gpus=4", new GpuWish(GpuKind.NONE, 4, 0, 0, 0, 0, true),
                "--gpus=c:2", new GpuWish(GpuKind.C, 2, 0, 0, 0, 0, true),
                "--gpus-per-node=2", new GpuWish(GpuKind.NONE, 0, 2, 0, 0, 0, true),
                "--gpus-per-task=a:1", new GpuWish(GpuKind.A, 0, 0, 1, 0, 0, true),
                "--gres=gpu", new GpuWish(GpuKind.NONE, 0, 1, 0, 0, 0, true),
                "--gres=gpu:a:2", new GpuWish(GpuKind.A, 0, 2, 0, 0, 0, true),
                "--constraint=gpu-c", new GpuWish(GpuKind.C, 0, 0, 0, 0, 0, true));
        for (Map.Entry<String, GpuWish> one : wishes.entrySet()) {
            int job = submit(one.getKey(), "-n1", "-t", "5", "--wrap", "true");
            until("Slurm has looked at it", () -> pending(job).isPresent());
            assertThat(pending(job).orElseThrow().gpus()).as(one.getKey()).isEqualTo(one.getValue());
            run("scancel", Integer.toString(job));
        }
        int job = submit("--gpus=2", "--cpus-per-gpu=2", "--mem-per-gpu=300", "-t", "5", "--wrap", "true");
        until("Slurm has looked at it", () -> pending(job).isPresent());
        assertThat(pending(job).orElseThrow().gpus()).isEqualTo(new GpuWish(GpuKind.NONE, 2, 0, 0, 2, 300, true));
        assertThat(asks()).singleElement().satisfies(request -> {
            assertThat(request.gpuKind()).isEqualTo(GpuKind.A);
            assertThat(request.gpus()).isEqualTo(2);
            assertThat(request.cpus()).isEqualTo(4);
        });
    }

    private List<LeaseRequest> asks() throws Exception {
        Instant soon = Instant.now().plusSeconds(5);
        List<Waiting> waiting = new JobBook().waiting(slurm.pending(), Map.of(5001L, 1), POLICY, soon);
        return Demand.plan(waiting, List.of(), POLICY, soon).asks().stream()
                .map(Ask::request)
                .toList();
    }

    @Test
    void a_job_with_gpus_runs_where_they_are_and_one_without_them_elsewhere() throws Exception {
        worker(WORKER, "Gres=gpu:a:2 Feature=gpu-a Weight=100");
        worker(OTHER, "");
        until("both are there", () -> slurm.nodes().size() == 2);
        int without = submit("-t", "5", "-o", "/dev/null", "--wrap", "sleep 600");
        int with = submit(
                "-t",
                "5",
                "--gpus=1",
                "--constraint=gpu-a",
                "-o",
                "/tmp/gpus",
                "--wrap",
                "echo GPU $CUDA_VISIBLE_DEVICES; sleep 600");
        until(
                "both run",
                () -> slurm.runningOn(WORKER).contains(with)
                        && slurm.runningOn(OTHER).contains(without));
        Node node = slurm.nodes().stream()
                .filter(one -> one.worker().equals(WORKER))
                .findFirst()
                .orElseThrow();
        assertThat(node.size()).isEqualTo(new Need(2, 1000, new Gpus(GpuKind.A, 2)));
        assertThat(node.free().gpus()).isEqualTo(new Gpus(GpuKind.A, 1));
        until("it says its GPU", () -> run("cat", "/tmp/gpus").getStdout().contains("GPU 0"));
    }

    @Test
    void the_parts_of_a_heterogeneous_job_need_a_worker_each_and_start_together() throws Exception {
        worker();
        until("the worker is there", () -> node(NodeState.FREE));
        int first = submit("-t", "5", "-n1", "--mem=100", "--wrap", "sleep 600", ":", "-n1", "--mem=100");
        until("Slurm has looked at it", () -> pending(first + 1).isPresent());
        assertThat(pending(first).orElseThrow().hetJob()).isEqualTo(first);
        assertThat(pending(first + 1).orElseThrow().hetJob()).isEqualTo(first);
        assertThat(asks())
                .singleElement()
                .satisfies(request -> assertThat(request.workers()).isEqualTo(2));
        until(
                "two CPUs on one worker are of no use to it",
                () -> pending(first).orElseThrow().reason().equals("Resources"));

        worker(OTHER, "");
        until(
                "both parts run",
                () -> pending(first).isEmpty() && pending(first + 1).isEmpty());
        assertThat(slurm.runningOn(WORKER)).hasSize(1);
        assertThat(slurm.runningOn(OTHER)).hasSize(1);
    }
}
