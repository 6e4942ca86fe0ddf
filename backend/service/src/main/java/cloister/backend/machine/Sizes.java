package cloister.backend.machine;

import cloister.backend.host.Placement;

/** Bounds that hold for every machine, whatever a project's limits are: far above any host, far below an overflow. */
final class Sizes {
    private static final int MOST_CPUS = 4096;
    private static final int LEAST_MEMORY_MIB = 128;
    private static final int MOST_MIB = 64 * 1024 * 1024;

    private Sizes() {}

    static void check(String host, int cpus, int memMiB, int volumeMiB) {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("a machine needs a host");
        }
        if (cpus < 1 || cpus > MOST_CPUS) {
            throw new IllegalArgumentException("cpus must be between 1 and " + MOST_CPUS);
        }
        if (memMiB < LEAST_MEMORY_MIB || memMiB > MOST_MIB) {
            throw new IllegalArgumentException("memory must be between " + LEAST_MEMORY_MIB + " MiB and 64 TiB");
        }
        if (volumeMiB < 0 || volumeMiB > MOST_MIB) {
            throw new IllegalArgumentException("a volume must be between 0 and 64 TiB");
        }
    }

    /** Whether a place is that of a machine of this size. */
    static void check(Placement place, int cpus, int memMiB) {
        if (place.vcpus().size() != cpus
                || place.vcpus().stream().anyMatch(vcpu -> !place.emulator().containsAll(vcpu))) {
            throw new IllegalArgumentException("a place has a processor of the machine's own for each of its " + cpus);
        }
        int bound = place.cells().stream().mapToInt(Placement.Cell::memMiB).sum();
        int placed =
                place.cells().stream().mapToInt(cell -> cell.vcpus().size()).sum();
        if (!place.cells().isEmpty() && (bound != memMiB || placed != cpus)) {
            throw new IllegalArgumentException("the NUMA nodes of a place hold all of a machine or nothing of it");
        }
    }
}
