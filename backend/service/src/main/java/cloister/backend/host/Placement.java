package cloister.backend.host;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Where on its host a machine is to run, in the host's own numbers.
 *
 * @param vcpus for each virtual processor the host's processors it may run on: threads of one core
 * @param emulator the host's processors for all else that QEMU does: those of the machine's cores
 * @param cells the guest's NUMA nodes, each on one of the host's; empty where the host chooses the memory
 * @param pageMib size of the huge pages that the guest's memory is made of; 0 for ordinary pages
 * @param devices devices of the host that the guest gets for itself
 */
public record Placement(
        List<SortedSet<Integer>> vcpus,
        SortedSet<Integer> emulator,
        List<Cell> cells,
        int pageMib,
        List<PciAddress> devices) {
    /**
     * A NUMA node of the guest.
     *
     * @param node the host's NUMA node that its memory must come from
     * @param vcpus its virtual processors, from 0
     * @param memMiB its memory
     */
    public record Cell(int node, SortedSet<Integer> vcpus, int memMiB) {
        /** Copies the set. */
        public Cell {
            vcpus = new TreeSet<>(vcpus);
        }

        @Override
        public SortedSet<Integer> vcpus() {
            return new TreeSet<>(vcpus);
        }
    }

    /** Copies what it is given. */
    public Placement {
        vcpus = vcpus.stream().<SortedSet<Integer>>map(TreeSet::new).toList();
        emulator = new TreeSet<>(emulator);
        cells = List.copyOf(cells);
        devices = List.copyOf(devices);
    }

    @Override
    public SortedSet<Integer> emulator() {
        return new TreeSet<>(emulator);
    }
}
