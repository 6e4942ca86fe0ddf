package cloister.backend.host;

import cloister.bridge.Allocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * From what Slurm gave on a host to the place of each worker there. Workers of a placeholder are all alike: each gets as many
 * of its cores and devices, in the order of their numbers. Everything Slurm says is checked, since it decides whose processors
 * and devices a guest may use.
 */
final class Fitting {
    private static final String GPU = "gpu";

    private final HostMap map;
    private final Allocation given;
    private final Want want;

    private Fitting(HostMap map, Allocation given, Want want) {
        this.map = map;
        this.given = given;
        this.want = want;
    }

    /** What cannot be handed on; never leaves this class. */
    private static final class Unfit extends Exception {
        private static final long serialVersionUID = 1;

        Unfit(String why) {
            super(why, null, false, false);
        }
    }

    static Fit of(HostMap map, Allocation given, Want want) {
        try {
            return new Fit.Fits(new Fitting(map, given, want).place());
        } catch (Unfit e) {
            return new Fit.Refused(given.host() + ": " + e.getMessage());
        }
    }

    private Placement place() throws Unfit {
        List<Integer> all = cores();
        long memory = (long) want.workers() * (want.memMiB() + want.overheadMiB());
        if (given.memoryMiB() < memory) {
            throw new Unfit("Slurm gave " + given.memoryMiB() + " MiB, " + want.workers() + " workers need " + memory
                    + (given.memoryMiB() == 0 ? "; SelectTypeParameters must hand out memory (CR_Core_Memory)" : ""));
        }
        if (map.pageMib() > 0 && want.memMiB() % map.pageMib() != 0) {
            throw new Unfit("a guest of " + want.memMiB() + " MiB is not made of whole pages of " + map.pageMib()
                    + " MiB; let cloister.limits give out memory in such steps");
        }
        List<Integer> own = share(all, want.which());
        List<SortedSet<Integer>> vcpus = vcpus(own);
        return new Placement(vcpus, threads(own), cells(all, vcpus), map.pageMib(), devices());
    }

    /** The given cores by Slurm's number, in order. */
    private List<Integer> cores() throws Unfit {
        if (!given.wholeCores()) {
            throw new Unfit("Slurm hands out threads here, so that a core may be shared with others; set"
                    + " SelectTypeParameters=CR_Core_Memory");
        }
        int perSocket = map.coresPerSocket();
        boolean alike = given.sockets().size() == map.sockets()
                && given.sockets().stream().allMatch(socket -> socket.cores() == perSocket);
        if (!alike) {
            throw new Unfit("Slurm knows sockets with "
                    + given.sockets().stream().map(Allocation.Socket::cores).toList() + " cores, its map has "
                    + map.sockets() + " with " + perSocket + " each; compare with `scontrol show node`");
        }
        List<Integer> cores = new ArrayList<>();
        for (int socket = 0; socket < map.sockets(); socket++) {
            for (int core : given.sockets().get(socket).given()) {
                cores.add(socket * perSocket + core);
            }
        }
        Set<Integer> forbidden = new TreeSet<>(cores);
        forbidden.retainAll(map.reserved());
        if (!forbidden.isEmpty()) {
            throw new Unfit("Slurm gave the cores " + forbidden + ", which its map has as reserved; compare with"
                    + " CPUSpecList of `scontrol show node`");
        }
        if (cores.size() < want.workers() || cores.size() % want.workers() != 0) {
            throw new Unfit(
                    "Slurm gave " + cores.size() + " cores, which " + want.workers() + " workers cannot share evenly");
        }
        long threads = (long) cores.size() * map.threads();
        if (given.cpus() > threads || (long) cores.size() / want.workers() * map.threads() < want.cpus()) {
            throw new Unfit("Slurm gave " + given.cpus() + " cpus on " + cores.size() + " cores, for " + want.workers()
                    + " workers with " + want.cpus() + " each; its map has " + map.threads()
                    + " threads a core: compare with ThreadsPerCore of `scontrol show node`");
        }
        return cores;
    }

    private List<Integer> share(List<Integer> cores, int which) {
        int each = cores.size() / want.workers();
        return cores.subList(which * each, (which + 1) * each);
    }

    private SortedSet<Integer> threads(List<Integer> cores) {
        return cores.stream()
                .flatMap(core -> map.cores().get(core).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** One core for each, with all its threads, where there are enough; else a thread for each, core by core. */
    private List<SortedSet<Integer>> vcpus(List<Integer> own) {
        boolean wide = own.size() >= want.cpus();
        return IntStream.range(0, want.cpus())
                .mapToObj(cpu -> wide
                        ? threads(List.of(own.get(cpu)))
                        : new TreeSet<>(List.of(
                                map.cores().get(own.get(cpu / map.threads())).get(cpu % map.threads()))))
                .<SortedSet<Integer>>map(TreeSet::new)
                .toList();
    }

    /**
     * Memory is bound to NUMA nodes only where the placeholder has the whole host and each of its workers whole NUMA nodes of
     * it. Slurm does not count memory by NUMA node: anybody else on the host could have filled ours, and a guest whose memory
     * may come from nowhere else is then killed.
     */
    private List<Placement.Cell> cells(List<Integer> all, List<SortedSet<Integer>> vcpus) {
        if (map.numa().isEmpty()
                || all.size() != map.cores().size() - map.reserved().size()) {
            return List.of();
        }
        for (int which = 0; which < want.workers(); which++) {
            if (!holdsWhole(share(all, which))) {
                return List.of();
            }
        }
        return bound(nodes(share(all, want.which())), vcpus);
    }

    private List<HostMap.Numa> nodes(List<Integer> cores) {
        Set<Integer> cpus = threads(cores);
        return map.numa().stream()
                .filter(node -> node.cpus().stream().anyMatch(cpus::contains))
                .toList();
    }

    /** Whether these cores are all of their NUMA nodes that Slurm gives to anybody, and the memory fits into those. */
    private boolean holdsWhole(List<Integer> cores) {
        List<HostMap.Numa> nodes = nodes(cores);
        long usable = IntStream.range(0, map.cores().size())
                .filter(core -> !map.reserved().contains(core))
                .filter(core -> nodes.stream()
                        .anyMatch(node ->
                                node.cpus().contains(map.cores().get(core).getFirst())))
                .count();
        List<Integer> parts = parts(nodes.size());
        boolean holds = IntStream.range(0, nodes.size())
                .allMatch(node -> parts.get(node) > 0
                        && nodes.get(node).memMib() >= parts.get(node) + (node == 0 ? want.overheadMiB() : 0));
        return usable == cores.size() && holds;
    }

    /** The guest's memory in so many parts of whole pages, the first with what is over. */
    private List<Integer> parts(int count) {
        int page = Math.max(1, map.pageMib());
        int each = want.memMiB() / page / count * page;
        return IntStream.range(0, count)
                .mapToObj(part -> part == 0 ? want.memMiB() - each * (count - 1) : each)
                .toList();
    }

    private List<Placement.Cell> bound(List<HostMap.Numa> nodes, List<SortedSet<Integer>> vcpus) {
        List<Integer> parts = parts(nodes.size());
        List<Placement.Cell> cells = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            Set<Integer> cpus = nodes.get(i).cpus();
            SortedSet<Integer> own = IntStream.range(0, vcpus.size())
                    .filter(vcpu -> cpus.contains(vcpus.get(vcpu).first()))
                    .boxed()
                    .collect(Collectors.toCollection(TreeSet::new));
            if (own.isEmpty()) {
                return List.of();
            }
            cells.add(new Placement.Cell(nodes.get(i).node(), own, parts.get(i)));
        }
        return cells;
    }

    private List<PciAddress> devices() throws Unfit {
        for (Map.Entry<String, SortedSet<Integer>> kind : given.gres().entrySet()) {
            if (!kind.getKey().equals(GPU) && !kind.getValue().isEmpty()) {
                throw new Unfit("Slurm gave " + kind.getKey() + ", which nobody asked for");
            }
        }
        List<Integer> gpus = List.copyOf(given.gres().getOrDefault(GPU, new TreeSet<>()));
        if (gpus.size() != want.workers() * want.gpus()) {
            throw new Unfit("Slurm gave the GPUs " + gpus + ", not " + want.gpus() + " for each of " + want.workers()
                    + " workers");
        }
        List<List<PciAddress>> known = map.devices().getOrDefault(GPU, List.of());
        List<PciAddress> devices = new ArrayList<>();
        for (int gpu : gpus.subList(want.which() * want.gpus(), (want.which() + 1) * want.gpus())) {
            if (gpu < 0 || gpu >= known.size()) {
                throw new Unfit("Slurm gave GPU " + gpu + ", its map has " + known.size()
                        + "; compare with Gres of slurm.conf and with gres.conf");
            }
            devices.addAll(known.get(gpu));
        }
        return devices;
    }
}
