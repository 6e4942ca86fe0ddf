package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.broker.GpuKind;
import cloister.cvm.demand.Gpus;
import cloister.cvm.demand.Need;
import cloister.cvm.demand.WorkerKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The replies were captured from Slurm 24.11.5. */
class ReadersTest {
    private static byte[] captured(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(ReadersTest.class.getResourceAsStream("/slurm/" + name))) {
            return in.readAllBytes();
        }
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void captured_jobs_are_read_as_numbers() throws Exception {
        Map<Integer, PendingJob> jobs = JobsReader.read(captured("squeue.json")).stream()
                .collect(Collectors.toMap(PendingJob::job, Function.identity(), (one, _) -> one));

        PendingJob twoNodes = Objects.requireNonNull(jobs.get(2));
        assertThat(twoNodes.nodes()).isEqualTo(2);
        assertThat(twoNodes.memPerNodeMiB()).isEqualTo(500);
        assertThat(twoNodes.memPerCpuMiB()).isZero();
        assertThat(twoNodes.limitMin()).isEqualTo(10);
        assertThat(twoNodes.user()).isEqualTo(5001);
        assertThat(twoNodes.eligible(1795362951)).isTrue();
        assertThat(twoNodes.eligible(1795362949)).isFalse();
        PendingJob array = Objects.requireNonNull(jobs.get(3));
        // 1-19:2%4 are ten tasks, of which four may run at once.
        assertThat(array.arrayTasks()).isEqualTo(4);
        assertThat(array.cpusPerTask()).isEqualTo(2);
        assertThat(Objects.requireNonNull(jobs.get(4)).exclusive()).isTrue();
        assertThat(array.exclusive()).isFalse();
    }

    @Test
    void held_dependent_and_later_jobs_are_not_eligible() throws Exception {
        List<PendingJob> jobs = JobsReader.read(captured("squeue.json"));

        assertThat(jobs.stream().filter(job -> job.job() >= 6 && job.job() <= 8))
                .hasSize(3)
                .noneMatch(job -> job.eligible(1795362960));
    }

    @Test
    void captured_nodes_are_read_as_workers() throws Exception {
        assertThat(NodesReader.read(captured("nodes.json")))
                .containsExactly(
                        new Node(new WorkerKey(1, 1), NodeState.FREE, new Need(2, 768), new Need(0, 0), 1795362978));
    }

    @Test
    void nothing_of_a_job_but_numbers_and_code_words_is_kept() {
        assertThat(PendingJob.class.getRecordComponents())
                .allMatch(part -> part.getType().isPrimitive()
                        || part.getName().equals("reason")
                        || part.getName().equals("note")
                        || part.getType() == GpuWish.class
                        || part.getName().equals("gate"));
        assertThat(GpuWish.class.getRecordComponents())
                .allMatch(part -> part.getType().isPrimitive() || part.getType() == GpuKind.class);
        assertThat(PendingJob.Gate.of("canary|lease-3", 0, List.of())).isEqualTo(PendingJob.Gate.open());
    }

    @Test
    void only_our_own_words_to_a_job_s_owner_are_read_back() throws Unreadable {
        String json =
                "{\"jobs\": [{\"job_id\": 1, \"job_state\": [\"PENDING\"], \"admin_comment\": \"%s\"}], \"errors\": []}";

        assertThat(JobsReader.read(bytes(json.formatted("cloister: workers are starting"))))
                .singleElement()
                .matches(job -> job.note().equals("cloister: workers are starting"));
        assertThat(JobsReader.read(bytes(json.formatted("a title"))))
                .singleElement()
                .matches(job -> job.note().isEmpty());
    }

    @Test
    void an_answer_that_tells_of_an_error_is_no_empty_queue() {
        assertThatThrownBy(() -> JobsReader.read(bytes("{\"jobs\": [], \"errors\": [{\"error\": \"x\"}]}")))
                .isInstanceOf(Unreadable.class);
        assertThatThrownBy(() -> JobsReader.read(bytes("{\"errors\": []}"))).isInstanceOf(Unreadable.class);
        assertThatThrownBy(() -> JobsReader.read(bytes("{\"jobs\": [{\"job_id\": 1")))
                .isInstanceOf(Unreadable.class);
        assertThatThrownBy(() -> NodesReader.read(bytes("[]"))).isInstanceOf(Unreadable.class);
    }

    @Test
    void a_field_of_another_type_is_refused_without_repeating_it() {
        String json = "{\"jobs\": [{\"job_id\": \"secret\", \"job_state\": [\"PENDING\"]}], \"errors\": []}";

        assertThatThrownBy(() -> JobsReader.read(bytes(json)))
                .isInstanceOf(Unreadable.class)
                .hasMessageNotContaining("secret");
    }

    private static GpuWish wish(String fields) throws Unreadable {
        return JobsReader.read(bytes(
                        "{\"jobs\": [{\"job_id\": 1, \"job_state\": [\"PENDING\"], " + fields + "}], \"errors\": []}"))
                .getFirst()
                .gpus();
    }

    @Test
    void gpus_are_read_as_slurm_writes_them() throws Exception {
        assertThat(wish("\"tres_per_job\": \"gres/gpu:8\"")).isEqualTo(new GpuWish(GpuKind.NONE, 8, 0, 0, 0, 0, true));
        assertThat(wish("\"tres_per_node\": \"gres/gpu:b:2\", \"tres_per_task\": \"\""))
                .isEqualTo(new GpuWish(GpuKind.B, 0, 2, 0, 0, 0, true));
        assertThat(wish("\"tres_per_task\": \"cpu=2,gres/gpu:a=1\", \"cpus_per_tres\": \"gres/gpu:4\""))
                .isEqualTo(new GpuWish(GpuKind.A, 0, 0, 1, 4, 0, true));
        assertThat(wish("\"tres_per_node\": \"gres/gpu\", \"memory_per_tres\": \"gres/gpu:1000\""))
                .isEqualTo(new GpuWish(GpuKind.NONE, 0, 1, 0, 0, 1000, true));
        assertThat(wish("\"tres_per_node\": \"gres/gpu:a:0\"")).isEqualTo(GpuWish.none());
        assertThat(wish("\"features\": \"gpu-c\", \"tres_per_job\": \"gres/gpu:1\""))
                .isEqualTo(new GpuWish(GpuKind.C, 1, 0, 0, 0, 0, true));
    }

    @Test
    void a_job_whose_wish_is_not_understood_is_unservable_and_the_others_are_read() throws Exception {
        for (String fields : List.of(
                "\"tres_per_node\": \"gres/gpu:d:1\"",
                "\"tres_per_node\": \"gres/gpu:a:1,gres/gpu:b:1\"",
                "\"tres_per_node\": \"gres/gpu:a:1\", \"tres_per_job\": \"gres/gpu:b:1\"",
                "\"tres_per_node\": \"gres/gpu:99999999999\"",
                "\"tres_per_node\": \"gres/gpu:-1\"",
                "\"tres_per_node\": \"gres/other:1\"",
                "\"tres_per_node\": \"" + "gres/gpu:1,".repeat(1000) + "\"",
                "\"tres_per_socket\": \"gres/gpu:1\"",
                "\"features\": \"gpu-a|gpu-b\"",
                "\"features\": \"fast\"",
                "\"features\": \"gpu-a\", \"tres_per_job\": \"gres/gpu:b:1\"")) {
            assertThat(wish(fields).servable()).as(fields).isFalse();
        }
    }

    @Test
    void a_nodes_gpus_are_those_that_a_worker_registers_with() {
        assertThat(GpuReader.ofNode("gpu:a:2")).isEqualTo(new Gpus(GpuKind.A, 2));
        assertThat(GpuReader.ofNode("gpu:c:1(IDX:0)")).isEqualTo(new Gpus(GpuKind.C, 1));
        for (String other : List.of("", "(null)", "gpu:2", "gpu:d:1", "gpu:a:1,gpu:b:1", "gpu:a:9999999")) {
            assertThat(GpuReader.ofNode(other)).as(other).isEqualTo(Gpus.none());
        }
    }

    @Test
    void array_strings_are_counted() throws Exception {
        assertThat(JobsReader.count("1-20")).isEqualTo(20);
        assertThat(JobsReader.count("3,5,7-9%2")).isEqualTo(5);
        assertThat(JobsReader.count("0-1000:10")).isEqualTo(101);
        assertThat(JobsReader.count("7")).isEqualTo(1);
        assertThatThrownBy(() -> JobsReader.count("1-x")).isInstanceOf(Unreadable.class);
        assertThatThrownBy(() -> JobsReader.count("0-999999999,0-999999999")).isInstanceOf(Unreadable.class);
    }

    @Test
    void node_states_are_told_apart() {
        assertThat(NodeState.of(List.of("IDLE", "DYNAMIC_NORM"))).isEqualTo(NodeState.FREE);
        assertThat(NodeState.of(List.of("MIXED"))).isEqualTo(NodeState.BUSY);
        assertThat(NodeState.of(List.of("IDLE", "COMPLETING"))).isEqualTo(NodeState.BUSY);
        assertThat(NodeState.of(List.of("ALLOCATED", "DRAIN"))).isEqualTo(NodeState.DRAINING);
        assertThat(NodeState.of(List.of("IDLE", "DRAIN"))).isEqualTo(NodeState.DRAINED);
        assertThat(NodeState.of(List.of("DOWN", "NOT_RESPONDING"))).isEqualTo(NodeState.DOWN);
        assertThat(NodeState.of(List.of("DOWN", "DRAIN"))).isEqualTo(NodeState.DOWN);
    }
}
