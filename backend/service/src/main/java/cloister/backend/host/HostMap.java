package cloister.backend.host;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What Slurm's numbers for a host's cores and devices stand for. Slurm counts cores through all sockets, socket by socket,
 * those included that it gives to nobody.
 *
 * @param sockets number of sockets
 * @param cores by Slurm's number the host's processors (threads) of each core
 * @param reserved cores that Slurm gives to nobody, by Slurm's numbers
 * @param numa the host's NUMA nodes; empty where memory is not to be bound
 * @param pageMib size of the huge pages, 0 for none
 * @param devices by gres name and index, the PCI functions of a device
 */
record HostMap(
        int sockets,
        List<List<Integer>> cores,
        Set<Integer> reserved,
        List<Numa> numa,
        int pageMib,
        Map<String, List<List<PciAddress>>> devices) {
    private static final Pattern GRES = Pattern.compile("[a-z][a-z0-9_]{0,31}");
    private static final Set<Integer> PAGES = Set.of(0, 2, 1024);
    private static final int MOST_NUMA = 1023;

    /**
     * A NUMA node of the host.
     *
     * @param memMib what guests and QEMU may use of it
     */
    record Numa(int node, Set<Integer> cpus, int memMib) {}

    /**
     * Reads what an operator wrote.
     *
     * @throws IllegalArgumentException with what is wrong in it
     */
    static HostMap of(HostConfig.Plan plan) {
        List<List<Integer>> cores = new ArrayList<>();
        int perSocket = 0;
        for (HostConfig.SocketPlan socket : plan.sockets()) {
            List<List<Integer>> own = cores(socket);
            if (!cores.isEmpty() && (own.size() != perSocket || own.getFirst().size() != threads(cores))) {
                throw new IllegalArgumentException(
                        "all sockets must have as many cores, and all cores as many threads: Slurm knows no others");
            }
            perSocket = own.size();
            cores.addAll(own);
        }
        if (cores.isEmpty()) {
            throw new IllegalArgumentException("sockets are missing: each with the processors of its cores");
        }
        Set<Integer> cpus = new HashSet<>();
        for (Integer cpu : (Iterable<Integer>) cores.stream().flatMap(List::stream)::iterator) {
            if (!cpus.add(cpu)) {
                throw new IllegalArgumentException("processor " + cpu + " is in two places");
            }
        }
        if (!PAGES.contains(plan.hugePageMib())) {
            throw new IllegalArgumentException("huge-page-mib is 2 or 1024, or 0 for none: " + plan.hugePageMib());
        }
        return new HostMap(
                plan.sockets().size(),
                List.copyOf(cores),
                reserved(plan.reservedCores(), cores.size()),
                numa(plan.numa(), cores, cpus),
                plan.hugePageMib(),
                devices(plan.devices()));
    }

    private static List<List<Integer>> cores(HostConfig.SocketPlan socket) {
        List<List<Integer>> threads =
                socket.threads().stream().map(CpuList::parse).toList();
        if (threads.isEmpty()) {
            throw new IllegalArgumentException("a socket has no threads");
        }
        int count = threads.getFirst().size();
        if (threads.stream().anyMatch(each -> each.size() != count)) {
            throw new IllegalArgumentException(
                    "every list of threads of a socket must be as long: a thread of each core");
        }
        return Stream.iterate(0, core -> core < count, core -> core + 1)
                .map(core -> threads.stream().map(thread -> thread.get(core)).toList())
                .toList();
    }

    private static Set<Integer> reserved(String text, int cores) {
        if (text.isBlank()) {
            return Set.of();
        }
        Set<Integer> reserved = Set.copyOf(CpuList.parse(text));
        if (reserved.stream().anyMatch(core -> core >= cores)) {
            throw new IllegalArgumentException(
                    "reserved-cores names a core that is not there; they count from 0 to " + (cores - 1));
        }
        if (reserved.size() == cores) {
            throw new IllegalArgumentException("reserved-cores leaves no core");
        }
        return reserved;
    }

    private static List<Numa> numa(List<HostConfig.NumaPlan> plans, List<List<Integer>> cores, Set<Integer> cpus) {
        if (plans.isEmpty()) {
            return List.of();
        }
        Map<Integer, Integer> nodes = new HashMap<>();
        List<Numa> numa = new ArrayList<>();
        for (HostConfig.NumaPlan plan : plans) {
            boolean again = numa.stream().anyMatch(other -> other.node() == plan.node());
            if (again || plan.node() < 0 || plan.node() > MOST_NUMA || plan.memoryMib() < 1) {
                throw new IllegalArgumentException(
                        "each NUMA node has a number of its own and memory-mib: node " + plan.node());
            }
            Set<Integer> own = Set.copyOf(CpuList.parse(plan.cpus()));
            for (int cpu : own) {
                if (nodes.put(cpu, plan.node()) != null) {
                    throw new IllegalArgumentException("processor " + cpu + " is in two NUMA nodes");
                }
            }
            numa.add(new Numa(plan.node(), own, plan.memoryMib()));
        }
        if (!nodes.keySet().equals(cpus)) {
            throw new IllegalArgumentException("the NUMA nodes must have the processors of the sockets, and no others");
        }
        for (List<Integer> core : cores) {
            if (core.stream().map(nodes::get).distinct().count() != 1) {
                throw new IllegalArgumentException("the threads " + core + " of one core are in two NUMA nodes");
            }
        }
        return List.copyOf(numa);
    }

    private static Map<String, List<List<PciAddress>>> devices(Map<String, List<String>> plan) {
        Set<PciAddress> seen = new HashSet<>();
        return plan.entrySet().stream().collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, kind -> {
            if (!GRES.matcher(kind.getKey()).matches()) {
                throw new IllegalArgumentException("'" + kind.getKey() + "' is no gres name");
            }
            return kind.getValue().stream()
                    .map(device -> functions(device, seen))
                    .toList();
        }));
    }

    private static List<PciAddress> functions(String device, Set<PciAddress> seen) {
        List<PciAddress> functions = Stream.of(device.split("\\+", -1))
                .map(address -> new PciAddress(address.strip()))
                .toList();
        for (PciAddress function : functions) {
            if (!seen.add(function)) {
                throw new IllegalArgumentException("the device " + function.text() + " is named twice");
            }
        }
        return functions;
    }

    private static int threads(List<List<Integer>> cores) {
        return cores.getFirst().size();
    }

    /** Threads of a core. */
    int threads() {
        return threads(cores);
    }

    /** Cores of a socket. */
    int coresPerSocket() {
        return cores.size() / sockets;
    }
}
