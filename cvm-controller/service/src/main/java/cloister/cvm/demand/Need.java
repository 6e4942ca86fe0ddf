package cloister.cvm.demand;

/**
 * CPUs and memory, of a job on one node or of a worker.
 *
 * @param cpus whole CPUs
 * @param memMiB memory in MiB, as the local Slurm counts it
 */
public record Need(int cpus, int memMiB) {
    public Need {
        if (cpus < 0 || memMiB < 0) {
            throw new IllegalArgumentException("CPUs and memory must not be negative");
        }
    }

    boolean fitsIn(Need room) {
        return cpus <= room.cpus && memMiB <= room.memMiB;
    }

    Need minus(Need other) {
        return new Need(cpus - other.cpus, memMiB - other.memMiB);
    }
}
