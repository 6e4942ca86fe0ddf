package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.SlurmLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a real Slurm of each line says it gave, on hosts of two sockets with four cores of two threads, one core of each set
 * aside, and with four files in the place of GPUs.
 */
@ParameterizedClass
@EnumSource
class PlacementIT {
    private static final String OLD_HOST = "CPUs=16 Sockets=1 CoresPerSocket=16 ThreadsPerCore=1 RealMemory=64000";
    private static final String HOST =
            "CPUs=16 Sockets=2 CoresPerSocket=4 ThreadsPerCore=2 CoreSpecCount=2 RealMemory=64000 Gres=gpu:a:2,gpu:b:2";
    /** The types in turns, and the last file first. */
    private static final String GRES = """
            AutoDetect=off
            NodeName=vmh[1-2] Name=gpu Type=b File=/etc/slurm/gpu3
            NodeName=vmh[1-2] Name=gpu Type=a File=/etc/slurm/gpu2
            NodeName=vmh[1-2] Name=gpu Type=b File=/etc/slurm/gpu1
            NodeName=vmh[1-2] Name=gpu Type=a File=/etc/slurm/gpu0
            """;

    private static final Map<String, String> FILES = Map.of(
            "gres.conf",
            GRES,
            "gpu0",
            "",
            "gpu1",
            "",
            "gpu2",
            "",
            "gpu3",
            "",
            "cloister.lua",
            "return { backend_uids = { 5000 }, admin_uids = { 0, 64030 }, gres = { \"gpu\" },"
                    + " gate = \"/var/spool/cloister/gate\" }\n");

    @Parameter
    @SuppressWarnings("NullAway.Init")
    SlurmLine line;

    @TempDir
    static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static BridgeScene scene;

    @BeforeParameterizedClassInvocation
    static void start(SlurmLine line) throws IOException, InterruptedException {
        UnaryOperator<String> conf = text -> text.replace(OLD_HOST, HOST) + "GresTypes=gpu\n";
        scene = new BridgeScene(line, Files.createDirectory(folder.resolve(line.number())), conf, FILES);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        if (scene != null) scene.close();
    }

    private static PlaceholderRequest request(int lease, int tasks, int cpus, Optional<Gpus> gpus) {
        return new PlaceholderRequest(
                new Mark(7, lease, 1),
                "p7",
                "m1",
                tasks,
                cpus,
                1024 * cpus,
                Duration.ofMinutes(10),
                false,
                Optional.empty(),
                gpus);
    }

    /** What it was given, seen at the gate, where machines are made; then it is cancelled. */
    private List<Allocation> given(PlaceholderRequest request) throws Exception {
        long job = scene.place(request);
        Asked asked = scene.atTheGate(job);
        Allocated said = scene.placeholders().allocated(job, request.mark());
        String details = scene.slurm.run("scontrol", "-d", "show", "job", Long.toString(job));
        scene.cancel(job, request.mark());
        scene.bridge.gate().refuse(asked, GateRefusal.CANCELLED);
        assertThat(said).isInstanceOf(Allocated.Seen.class);
        List<Allocation> hosts = ((Allocated.Seen) said).hosts();
        for (Allocation host : hosts) {
            assertThat(details).contains("CPU_IDs=" + abstractCpus(host) + " Mem=" + host.memoryMiB() + " ");
        }
        return hosts;
    }

    /** As scontrol writes them: both threads of each core, cores counted through both sockets. */
    private static String abstractCpus(Allocation host) {
        BitSet cpus = new BitSet();
        for (int socket = 0; socket < 2; socket++) {
            for (int core : host.sockets().get(socket).given()) {
                cpus.set(2 * (4 * socket + core), 2 * (4 * socket + core) + 2);
            }
        }
        StringJoiner text = new StringJoiner(",");
        for (int first = cpus.nextSetBit(0); first >= 0; first = cpus.nextSetBit(cpus.nextClearBit(first))) {
            text.add(first + "-" + (cpus.nextClearBit(first) - 1));
        }
        return text.toString();
    }

    private static SortedSet<Integer> set(Integer... numbers) {
        return new TreeSet<>(List.of(numbers));
    }

    private static List<Allocation.Socket> sockets(SortedSet<Integer> first, SortedSet<Integer> second) {
        return List.of(new Allocation.Socket(4, first), new Allocation.Socket(4, second));
    }

    @Test
    void the_cores_set_aside_count_and_are_never_given() throws Exception {
        assertThat(scene.slurm.run("scontrol", "show", "node", "vmh1"))
                .contains("CoreSpecCount=2", "CPUSpecList=6-7,14-15", "CPUEfctv=12");
        assertThat(given(request(1, 6, 4, Optional.empty())))
                .containsExactly(
                        new Allocation("vmh1", 12, 12288, true, sockets(set(0, 1, 2), set(0, 1, 2)), Map.of()),
                        new Allocation("vmh2", 12, 12288, true, sockets(set(0, 1, 2), set(0, 1, 2)), Map.of()));
    }

    @Test
    void a_part_of_a_core_is_a_whole_one() throws Exception {
        List<Allocation> one = given(request(2, 1, 3, Optional.empty()));
        assertThat(one).hasSize(1);
        assertThat(one.getFirst().wholeCores()).isTrue();
        assertThat(one.getFirst().cpus()).isEqualTo(4);
        assertThat(one.getFirst().sockets().stream()
                        .mapToInt(socket -> socket.given().size())
                        .sum())
                .isEqualTo(2);
    }

    /** Indexes count type by type, in the order of slurm.conf, whatever the order in gres.conf. */
    @Test
    void devices_of_a_type_have_the_indexes_that_slurm_conf_gives_them() throws Exception {
        assertThat(given(request(3, 2, 2, Optional.of(new Gpus("b", 1)))))
                .singleElement()
                .satisfies(host -> assertThat(host.gres()).isEqualTo(Map.of("gpu", set(2, 3))));
        assertThat(given(request(4, 2, 2, Optional.of(new Gpus("a", 1)))))
                .singleElement()
                .satisfies(host -> assertThat(host.gres()).isEqualTo(Map.of("gpu", set(0, 1))));
        assertThat(given(request(5, 2, 2, Optional.of(new Gpus("", 2)))))
                .singleElement()
                .satisfies(host -> assertThat(host.gres()).isEqualTo(Map.of("gpu", set(0, 1, 2, 3))));
    }

    @Test
    void where_each_worker_has_its_gpu_on_another_host_the_devices_are_of_the_host() throws Exception {
        assertThat(given(request(6, 2, 2, Optional.of(new Gpus("", 4)))))
                .extracting(Allocation::gres)
                .containsExactly(Map.of("gpu", set(0, 1, 2, 3)), Map.of("gpu", set(0, 1, 2, 3)));
    }
}
