package cloister.backend.machine;

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
}
