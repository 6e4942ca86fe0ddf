package cloister.backend.host;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.bridge.Allocation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FittingTest {
    private static final int RUNS = 300;

    /** A host as slurmd sees it: the processor of each abstract one, which is core times threads plus thread. */
    private record Machine(
            int sockets, int coresPerSocket, int threads, List<Integer> blockMap, Set<Integer> reserved) {
        int cores() {
            return sockets * coresPerSocket;
        }

        Set<Integer> processors(int core) {
            return Set.copyOf(blockMap.subList(core * threads, (core + 1) * threads));
        }

        HostMap map() {
            return HostMap.of(plan());
        }

        HostConfig.Plan plan() {
            List<HostConfig.SocketPlan> plans = IntStream.range(0, sockets)
                    .mapToObj(socket -> new HostConfig.SocketPlan(IntStream.range(0, threads)
                            .mapToObj(thread -> list(IntStream.range(0, coresPerSocket)
                                    .mapToObj(core -> blockMap.get((socket * coresPerSocket + core) * threads + thread))
                                    .toList()))
                            .toList()))
                    .toList();
            return new HostConfig.Plan(plans, list(List.copyOf(reserved)), List.of(), 0, Map.of());
        }

        private static String list(List<Integer> numbers) {
            return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
        }

        Allocation give(Set<Integer> given, int cpus) {
            return new Allocation("h", cpus, 1L << 40, true, sockets(given::contains), Map.of());
        }

        private List<Allocation.Socket> sockets(java.util.function.IntPredicate given) {
            IntFunction<Allocation.Socket> socket = number -> new Allocation.Socket(
                    coresPerSocket,
                    IntStream.range(0, coresPerSocket)
                            .filter(core -> given.test(number * coresPerSocket + core))
                            .boxed()
                            .collect(Collectors.toCollection(TreeSet::new)));
            return IntStream.range(0, sockets).mapToObj(socket).toList();
        }
    }

    private static Machine any(Random random) {
        int sockets = 1 + random.nextInt(4);
        int cores = 1 + random.nextInt(16);
        int threads = 1 + random.nextInt(3);
        List<Integer> numbers = IntStream.range(0, sockets * cores * threads)
                .map(number -> number * 2 + 1)
                .boxed()
                .collect(Collectors.toCollection(ArrayList::new));
        Collections.shuffle(numbers, random);
        Set<Integer> reserved = new TreeSet<>();
        while (random.nextBoolean() && reserved.size() < sockets * cores - 1) {
            reserved.add(random.nextInt(sockets * cores));
        }
        return new Machine(sockets, cores, threads, numbers, reserved);
    }

    private static Set<Integer> some(Machine machine, int count, Random random) {
        List<Integer> free = new ArrayList<>(IntStream.range(0, machine.cores())
                .filter(core -> !machine.reserved().contains(core))
                .boxed()
                .toList());
        Collections.shuffle(free, random);
        return new TreeSet<>(free.subList(0, count));
    }

    private static Placement fits(HostMap map, Allocation given, Want want) {
        Fit fit = Fitting.of(map, given, want);
        assertThat(fit).isInstanceOf(Fit.Fits.class);
        return ((Fit.Fits) fit).placement();
    }

    private static String refused(HostMap map, Allocation given, Want want) {
        Fit fit = Fitting.of(map, given, want);
        assertThat(fit).isInstanceOf(Fit.Refused.class);
        return ((Fit.Refused) fit).why();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20_26, 77})
    void workers_share_exactly_the_processors_of_the_given_cores_whatever_the_host_looks_like(long seed) {
        Random random = new Random(seed);
        for (int run = 0; run < RUNS; run++) {
            Machine machine = any(random);
            int usable = machine.cores() - machine.reserved().size();
            int workers = 1 + random.nextInt(usable);
            int each = 1 + random.nextInt(usable / workers);
            Set<Integer> given = some(machine, workers * each, random);
            int cpus = 1 + random.nextInt(each * machine.threads());
            HostMap map = machine.map();
            TreeSet<Integer> seen = new TreeSet<>();
            for (int which = 0; which < workers; which++) {
                Placement placement = fits(
                        map,
                        machine.give(given, given.size() * machine.threads()),
                        new Want(workers, which, cpus, 1024, 256, 0));
                assertThat(placement.vcpus()).as("seed %s run %s", seed, run).hasSize(cpus);
                for (SortedSet<Integer> vcpu : placement.vcpus()) {
                    assertThat(given)
                            .as("one given core has all of %s", vcpu)
                            .anyMatch(core -> machine.processors(core).containsAll(vcpu));
                    assertThat(placement.emulator()).containsAll(vcpu);
                }
                assertThat(placement.vcpus().stream().mapToInt(Set::size).sum())
                        .as("no processor for two")
                        .isEqualTo((int) placement.vcpus().stream()
                                .flatMap(Set::stream)
                                .distinct()
                                .count());
                assertThat(placement.emulator()).noneMatch(seen::contains);
                seen.addAll(placement.emulator());
            }
            assertThat(seen)
                    .isEqualTo(given.stream()
                            .flatMap(core -> machine.processors(core).stream())
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 5})
    void no_figure_of_slurms_gives_a_processor_that_is_not_the_placeholders(long seed) {
        Random random = new Random(seed);
        int fitted = 0;
        for (int run = 0; run < RUNS; run++) {
            Machine machine = any(random);
            Machine told = random.nextInt(4) == 0 ? any(random) : machine;
            Set<Integer> given = IntStream.range(0, told.cores())
                    .filter(core -> random.nextBoolean())
                    .boxed()
                    .collect(Collectors.toCollection(TreeSet::new));
            int workers = 1 + random.nextInt(3);
            Allocation allocation = new Allocation(
                    "h",
                    random.nextInt(64),
                    random.nextInt(8192),
                    random.nextInt(8) > 0,
                    told.sockets(given::contains),
                    random.nextInt(8) == 0 ? Map.of("gpu", new TreeSet<>(Set.of(random.nextInt(9)))) : Map.of());
            Want want = new Want(workers, random.nextInt(workers), 1 + random.nextInt(8), 1024, 256, 0);
            if (Fitting.of(machine.map(), allocation, want) instanceof Fit.Fits(Placement placement)) {
                fitted++;
                assertThat(allocation.wholeCores()).isTrue();
                assertThat(allocation.gres()).isEmpty();
                assertThat(allocation.memoryMiB()).isGreaterThanOrEqualTo(workers * 1280L);
                assertThat(machine.reserved()).noneMatch(given::contains);
                assertThat(given.stream().flatMap(core -> machine.processors(core).stream()))
                        .containsAll(placement.emulator());
                assertThat(placement.cells()).isEmpty();
            }
        }
        assertThat(fitted).as("some fit, most do not").isBetween(5, RUNS / 2);
    }

    /** Two sockets of four cores with two threads: as Linux numbers them, the second threads after all first ones. */
    private static final Machine SMT = new Machine(
            2,
            4,
            2,
            IntStream.range(0, 8)
                    .boxed()
                    .flatMap(core -> List.of(core, core + 8).stream())
                    .toList(),
            Set.of(3, 7));

    @Test
    void with_two_threads_a_core_a_vcpu_has_a_thread_and_its_neighbour_the_other() {
        Placement placement = fits(SMT.map(), SMT.give(Set.of(1, 4), 4), new Want(1, 0, 4, 1024, 256, 0));
        assertThat(placement.vcpus()).containsExactly(set(1), set(9), set(4), set(12));
        assertThat(placement.emulator()).isEqualTo(set(1, 4, 9, 12));
        assertThat(placement.cells()).isEmpty();
    }

    @Test
    void where_slurm_counts_cores_a_vcpu_has_a_whole_core() {
        Placement placement = fits(SMT.map(), SMT.give(Set.of(1, 4), 2), new Want(1, 0, 2, 1024, 256, 0));
        assertThat(placement.vcpus()).containsExactly(set(1, 9), set(4, 12));
    }

    @Test
    void an_odd_count_leaves_a_thread_to_qemu() {
        Placement placement = fits(SMT.map(), SMT.give(Set.of(0, 1, 4, 5), 8), new Want(2, 1, 3, 1024, 256, 0));
        assertThat(placement.vcpus()).containsExactly(set(4), set(12), set(5));
        assertThat(placement.emulator()).isEqualTo(set(4, 5, 12, 13));
    }

    @Test
    void what_does_not_fit_is_refused_in_words_that_help() {
        Want one = new Want(1, 0, 2, 1024, 256, 0);
        Allocation good = SMT.give(Set.of(1, 4), 2);
        assertThat(refused(SMT.map(), SMT.give(Set.of(3), 2), one)).contains("h: ", "[3]", "reserved", "CPUSpecList");
        assertThat(refused(SMT.map(), SMT.give(Set.of(), 0), one)).contains("0 cores");
        assertThat(refused(SMT.map(), SMT.give(Set.of(0, 1, 2), 6), new Want(2, 0, 2, 1024, 256, 0)))
                .contains("share evenly");
        assertThat(refused(SMT.map(), SMT.give(Set.of(0), 2), new Want(1, 0, 3, 1024, 256, 0)))
                .contains("ThreadsPerCore");
        assertThat(refused(SMT.map(), SMT.give(Set.of(0), 3), one)).contains("ThreadsPerCore");
        assertThat(refused(SMT.map(), new Allocation("h", 2, 1 << 20, false, good.sockets(), Map.of()), one))
                .contains("CR_Core_Memory");
        assertThat(refused(SMT.map(), new Allocation("h", 2, 0, true, good.sockets(), Map.of()), one))
                .contains("must hand out memory");
        assertThat(refused(SMT.map(), new Allocation("h", 2, 1279, true, good.sockets(), Map.of()), one))
                .contains("1279 MiB", "1280");
        assertThat(refused(
                        SMT.map(),
                        new Allocation("h", 2, 1 << 20, true, List.of(new Allocation.Socket(8, set(1, 4))), Map.of()),
                        one))
                .contains("scontrol show node");
    }

    private static final HostMap NUMA = HostMap.of(new HostConfig.Plan(
            List.of(
                    new HostConfig.SocketPlan(List.of("0-3", "8-11")),
                    new HostConfig.SocketPlan(List.of("4-7", "12-15"))),
            "7",
            List.of(new HostConfig.NumaPlan(0, "0-3,8-11", 4000), new HostConfig.NumaPlan(1, "4-7,12-15", 3000)),
            2,
            Map.of()));

    private static Allocation allOf(Integer... but) {
        return SMT.give(
                IntStream.range(0, 7)
                        .filter(core -> !List.of(but).contains(core))
                        .boxed()
                        .collect(Collectors.toSet()),
                2 * (7 - but.length));
    }

    @Test
    void memory_is_bound_where_the_whole_host_is_ours() {
        Placement placement = fits(NUMA, allOf(), new Want(1, 0, 14, 5002, 256, 0));
        assertThat(placement.cells())
                .containsExactly(
                        new Placement.Cell(0, set(0, 1, 2, 3, 4, 5, 6, 7), 2502),
                        new Placement.Cell(1, set(8, 9, 10, 11, 12, 13), 2500));
        assertThat(placement.pageMib()).isEqualTo(2);
    }

    @Test
    void memory_is_not_bound_where_others_may_use_it_or_it_does_not_fit() {
        assertThat(fits(NUMA, allOf(0), new Want(1, 0, 12, 5002, 256, 0)).cells())
                .as("a core is another's")
                .isEmpty();
        assertThat(fits(NUMA, allOf(4, 5, 6), new Want(1, 0, 8, 1024, 256, 0)).cells())
                .as("a whole NUMA node, but others have the rest of the host")
                .isEmpty();
        assertThat(fits(NUMA, allOf(), new Want(7, 0, 2, 512, 256, 0)).cells())
                .as("nobody has a whole node")
                .isEmpty();
        assertThat(fits(NUMA, allOf(), new Want(1, 0, 14, 6100, 256, 0)).cells())
                .as("half of it is more than the smaller node has")
                .isEmpty();
        assertThat(fits(NUMA, allOf(), new Want(1, 0, 14, 5800, 1200, 0)).cells())
                .as("QEMU's own does not fit beside its part")
                .isEmpty();
        assertThat(fits(NUMA, allOf(), new Want(1, 0, 1, 4096, 256, 0)).cells())
                .as("a NUMA node of the guest has processors")
                .isEmpty();
    }

    @Test
    void two_workers_on_a_whole_host_have_a_numa_node_each() {
        Machine even = new Machine(2, 4, 2, SMT.blockMap(), Set.of());
        HostConfig.Plan plan = even.plan();
        HostMap map = HostMap.of(new HostConfig.Plan(
                plan.sockets(),
                "",
                List.of(new HostConfig.NumaPlan(4, "0-3,8-11", 4000), new HostConfig.NumaPlan(6, "4-7,12-15", 3000)),
                0,
                Map.of()));
        Allocation all = even.give(IntStream.range(0, 8).boxed().collect(Collectors.toSet()), 16);
        assertThat(fits(map, all, new Want(2, 0, 8, 2700, 256, 0)).cells())
                .containsExactly(new Placement.Cell(4, set(0, 1, 2, 3, 4, 5, 6, 7), 2700));
        assertThat(fits(map, all, new Want(2, 1, 8, 2700, 256, 0)).cells())
                .containsExactly(new Placement.Cell(6, set(0, 1, 2, 3, 4, 5, 6, 7), 2700));
        assertThat(fits(map, all, new Want(2, 0, 8, 2800, 256, 0)).cells())
                .as("where the other does not fit it may come over")
                .isEmpty();
    }

    @Test
    void a_guest_that_is_not_made_of_whole_huge_pages_is_refused() {
        assertThat(refused(NUMA, allOf(), new Want(1, 0, 14, 1025, 256, 0))).contains("pages of 2 MiB");
    }

    private static final HostMap GPUS = HostMap.of(new HostConfig.Plan(
            SMT.plan().sockets(),
            "",
            List.of(),
            0,
            Map.of("gpu", List.of("0000:3b:00.0+0000:3b:00.1", "0000:5e:00.0", "0000:86:00.0", "0000:af:00.0"))));

    private static Allocation gpus(Integer... index) {
        return new Allocation("h", 4, 1 << 20, true, SMT.give(Set.of(0, 1), 4).sockets(), Map.of("gpu", set(index)));
    }

    @Test
    void each_worker_gets_its_share_of_the_devices_by_their_index() {
        assertThat(fits(GPUS, gpus(0, 3), new Want(2, 0, 2, 1024, 0, 1)).devices())
                .extracting(PciAddress::text)
                .containsExactly("0000:3b:00.0", "0000:3b:00.1");
        assertThat(fits(GPUS, gpus(0, 3), new Want(2, 1, 2, 1024, 0, 1)).devices())
                .extracting(PciAddress::text)
                .containsExactly("0000:af:00.0");
        assertThat(fits(GPUS, gpus(), new Want(2, 1, 2, 1024, 0, 0)).devices()).isEmpty();
    }

    @Test
    void devices_that_were_not_asked_for_or_are_not_known_are_refused() {
        assertThat(refused(GPUS, gpus(0), new Want(2, 0, 2, 1024, 0, 1))).contains("GPUs [0]", "not 1 for each of 2");
        assertThat(refused(GPUS, gpus(0), new Want(1, 0, 2, 1024, 0, 0))).contains("not 0 for each");
        assertThat(refused(GPUS, gpus(), new Want(1, 0, 2, 1024, 0, 1))).contains("GPUs []");
        assertThat(refused(GPUS, gpus(4), new Want(1, 0, 2, 1024, 0, 1))).contains("GPU 4", "has 4");
        Allocation foreign =
                new Allocation("h", 4, 1 << 20, true, gpus().sockets(), Map.of("fpga", set(0), "gpu", set()));
        assertThat(refused(GPUS, foreign, new Want(1, 0, 2, 1024, 0, 0))).contains("fpga");
    }

    private static SortedSet<Integer> set(Integer... numbers) {
        return new TreeSet<>(List.of(numbers));
    }
}
