package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
                        || part.getName().equals("note"));
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
