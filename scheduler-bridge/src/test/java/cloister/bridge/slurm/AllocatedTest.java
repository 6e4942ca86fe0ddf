package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import cloister.bridge.Allocated;
import cloister.bridge.Allocation;
import cloister.bridge.Gpus;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a placeholder was given, read from recorded answers and from such with one thing changed. */
@ParameterizedClass
@ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
class AllocatedTest {
    private static final String JOB = "GET /slurm/VERSION/job/1";
    private static final String NODE = "/job_resources/nodes/allocation/0";
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

    private Allocated read(String reply, Consumer<ObjectNode> change) throws IOException {
        JsonNode recorded = slurmrestd.recorded(reply);
        ObjectNode body = recorded.required("body").asObject();
        change.accept(body.required("jobs").required(0).asObject());
        return slurmrestd
                .on(JOB, recorded.required("http").asInt(), body.toString())
                .placeholders()
                .allocated(1, MARK);
    }

    private List<Allocation> hosts(Consumer<ObjectNode> change) throws IOException {
        return seen(read("allocated", change));
    }

    private static List<Allocation> seen(Allocated allocated) {
        assertThat(allocated).isInstanceOf(Allocated.Seen.class);
        return ((Allocated.Seen) allocated).hosts();
    }

    private String unknown(Consumer<ObjectNode> change) throws IOException {
        Allocated allocated = read("allocated", change);
        assertThat(allocated).isInstanceOf(Allocated.Unknown.class);
        return ((Allocated.Unknown) allocated).why();
    }

    private static SortedSet<Integer> set(Integer... numbers) {
        return new TreeSet<>(List.of(numbers));
    }

    private static Allocation host(String name, Integer... cores) {
        return new Allocation(name, 4, 8192, true, List.of(new Allocation.Socket(16, set(cores))), Map.of());
    }

    @Test
    void cores_and_memory_are_read_for_each_host() throws IOException {
        // The recorded jobs had others of the 16 cores: the one on the newer line ran beside another.
        Integer[] cores =
                version.equals(CannedSlurmrestd.OLDER) ? new Integer[] {0, 1, 2, 3} : new Integer[] {4, 5, 6, 7};
        assertThat(hosts(job -> {})).containsExactly(host("vmh1", cores), host("vmh2", cores));
        if (version.equals(CannedSlurmrestd.OLDER)) {
            assertThat(seen(read("allocated-26.05", job -> {})))
                    .containsExactly(host("vmh1", cores), host("vmh2", cores));
        }
    }

    @Test
    void cores_that_steps_may_use_are_given_as_well() throws IOException {
        assertThat(hosts(job -> core(job, 9, "ALLOCATED", "IN_USE")).getFirst().sockets())
                .containsExactly(new Allocation.Socket(
                        16, version.equals(CannedSlurmrestd.OLDER) ? set(0, 1, 2, 3, 9) : set(4, 5, 6, 7, 9)));
    }

    @Test
    void where_threads_are_handed_out_the_cores_are_not_whole() throws IOException {
        for (String word : List.of("CPU", "CR_CPU", "CR_CPU_MEMORY", "ONE_TASK_PER_CORE", "LINEAR")) {
            assertThat(hosts(job -> words(job, word)).getFirst().wholeCores())
                    .as(word)
                    .isFalse();
            assertThat(hosts(job -> {
                                words(job, word);
                                job.withObject("/job_resources/nodes").put("whole", true);
                            })
                            .getFirst()
                            .wholeCores())
                    .as("%s, but the whole host", word)
                    .isTrue();
        }
        for (String word : List.of("CORE", "SOCKET", "CR_CORE", "CR_CORE_MEMORY", "CR_SOCKET_MEMORY")) {
            assertThat(hosts(job -> words(job, word)).getFirst().wholeCores())
                    .as(word)
                    .isTrue();
        }
    }

    private static void words(ObjectNode job, String word) {
        job.withObject("/job_resources").putArray("select_type").add(word);
    }

    @Test
    void devices_are_read_by_their_index() throws IOException {
        List<Allocation> hosts = hosts(gres("gpu:a100:2(IDX:0,3),gpu:b:1(IDX:5),fpga:1(IDX:2)", ""));
        assertThat(hosts.getFirst().gres()).isEqualTo(Map.of("gpu", set(0, 3, 5), "fpga", set(2)));
        assertThat(hosts.get(1).gres()).isEmpty();
        assertThat(hosts(gres("gpu:4(IDX:0-2,7)", null)).getFirst().gres()).isEqualTo(Map.of("gpu", set(0, 1, 2, 7)));
        assertThat(hosts(gres("gpu:0(IDX:)", "gpu:1(IDX:0)")).getFirst().gres()).isEqualTo(Map.of("gpu", set()));
        assertThat(hosts(job -> job.remove("gres_detail")).getFirst().gres()).isEmpty();
    }

    @Test
    void devices_that_cannot_be_told_apart_make_it_unknown() throws IOException {
        for (String text : List.of(
                "gpu(CNT:2)",
                "gpu:2(IDX:0)",
                "gpu:1(IDX:0-1)",
                "gpu:2(IDX:1-0)",
                "gpu:1(IDX:0),",
                "gpu:1(IDX:0)gpu:1(IDX:1)",
                "gpu:a:1(IDX:0),gpu:b:1(IDX:0)",
                "shard:2(0/4,2/4)",
                "gpu:1(IDX:-1)",
                "gpu:1(IDX:0;reboot)",
                "gpu:1(IDX:99999999)",
                "gpu",
                " ")) {
            assertThat(unknown(gres(text, ""))).as(text).contains("devices without an index");
        }
        assertThat(unknown(gres("gpu:1(IDX:0)"))).contains("1 hosts of 2");
    }

    private static Consumer<ObjectNode> gres(@Nullable String... details) {
        return job -> {
            ArrayNode list = job.putArray("gres_detail");
            for (String detail : details) list.add(detail);
        };
    }

    private static void core(ObjectNode job, int number, String... words) {
        ObjectNode core = job.required("job_resources")
                .required("nodes")
                .required("allocation")
                .required(0)
                .required("sockets")
                .required(0)
                .required("cores")
                .required(number)
                .asObject();
        ArrayNode status = core.putArray("status");
        for (String word : words) status.add(word);
    }

    @Test
    void figures_that_cannot_be_are_unknown() throws IOException {
        assertThat(unknown(job -> core(job, 3, "INVALID"))).contains("neither given nor free");
        assertThat(unknown(job -> core(job, 3))).contains("neither given nor free");
        assertThat(unknown(job -> core(job, 3, "ALLOCATED", "UNALLOCATED"))).contains("neither given nor free");
        assertThat(unknown(job -> job.withObject(NODE + "/memory").put("allocated", -1)))
                .contains("no memory");
        assertThat(unknown(job -> job.withObject(NODE).remove("memory"))).contains("no memory");
        assertThat(unknown(job -> job.withObject(NODE + "/cpus").put("count", 0xFFFFFFFEL)))
                .contains("cpus.count");
        assertThat(unknown(job -> job.withObject(NODE + "/sockets/0").put("index", 1)))
                .contains("sockets of vmh1");
        assertThat(unknown(job -> job.withObject(NODE + "/sockets/0").remove("cores")))
                .contains("sockets of vmh1");
        assertThat(unknown(job -> job.withObject(NODE + "/sockets/0/cores/5").put("index", 4)))
                .contains("cores of vmh1");
    }

    @Test
    void who_has_no_hosts_yet_or_no_more_is_unknown() throws IOException {
        assertThat(unknown(job -> job.putArray("job_state").add("PENDING"))).contains("no hosts");
        assertThat(unknown(job -> job.putArray("job_state").add("COMPLETED"))).contains("no hosts");
        assertThat(unknown(job -> job.remove("job_resources"))).contains("no hosts");
        assertThat(unknown(job -> job.withObject("/job_resources/nodes").putArray("allocation")))
                .contains("no hosts");
        assertThat(hosts(job -> job.putArray("job_state").add("RUNNING").add("CONFIGURING")))
                .as("at the gate it has them")
                .hasSize(2);
    }

    @Test
    void another_job_of_that_number_is_none_of_ours() throws IOException {
        Allocated absent = new Allocated.Absent();
        assertThat(read("allocated", job -> job.put("comment", "cloister:1:7:12:2")))
                .isEqualTo(absent);
        assertThat(read("allocated", job -> job.put("user_name", "mallory"))).isEqualTo(absent);
        assertThat(read("allocated", job -> job.put("job_id", 2))).isEqualTo(absent);
        assertThat(slurmrestd.on(JOB, "get-missing").placeholders().allocated(1, MARK))
                .isEqualTo(absent);
    }

    @Test
    void no_answer_is_unknown() throws IOException {
        for (String reply : List.of("ctld-down-GET-job", "expired-token-GET-jobs")) {
            assertThat(slurmrestd.on(JOB, reply).placeholders().allocated(1, MARK))
                    .as(reply)
                    .isInstanceOf(Allocated.Unknown.class);
        }
        assertThat(slurmrestd.on(JOB, 200, "{\"errors\": []}").placeholders().allocated(1, MARK))
                .isInstanceOf(Allocated.Unknown.class);
    }

    @Test
    void gpus_are_asked_for_with_each_task() throws IOException {
        Gpus gpus = new Gpus("a100", 2);
        PlaceholderRequest request = new PlaceholderRequest(
                MARK, "p7", "m1", 1, 1, 100, Duration.ofMinutes(9), false, Optional.empty(), Optional.of(gpus));
        slurmrestd.on("POST /slurm/VERSION/job/submit", "ok").placeholders().submit(request);
        JsonNode job = CannedSlurmrestd.JSON
                .readTree(slurmrestd.heard.getFirst().body())
                .required("job");
        assertThat(job.required("tres_per_task").asString()).isEqualTo("gres/gpu:a100=2");
        assertThat(new Gpus("", 1).tres()).isEqualTo("gres/gpu=1");
        for (String type : List.of("a 1", "a,b", "a:2", "ä", "a".repeat(65))) {
            assertThatIllegalArgumentException().isThrownBy(() -> new Gpus(type, 1));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new Gpus("", 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Gpus("", 65));
    }
}
