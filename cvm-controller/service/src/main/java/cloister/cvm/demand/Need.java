package cloister.cvm.demand;

/**
 * CPUs, memory and GPUs, of a job on one node or of a worker.
 *
 * @param cpus whole CPUs
 * @param memMiB memory in MiB, as the local Slurm counts it
 * @param gpus GPUs
 */
public record Need(int cpus, int memMiB, Gpus gpus) {
    public Need {
        if (cpus < 0 || memMiB < 0) {
            throw new IllegalArgumentException("CPUs and memory must not be negative");
        }
    }

    /** Without any GPU. */
    public Need(int cpus, int memMiB) {
        this(cpus, memMiB, Gpus.none());
    }

    boolean fitsIn(Need room) {
        return cpus <= room.cpus && memMiB <= room.memMiB && gpus.fitsIn(room.gpus);
    }

    Need minus(Need other) {
        return new Need(cpus - other.cpus, memMiB - other.memMiB, gpus.minus(other.gpus));
    }

    Need times(int count) {
        return new Need(cpus * count, memMiB * count, new Gpus(gpus.kind(), gpus.count() * count));
    }

    /** How many of these there are in a room that holds at least one; bounded only by what is needed at all. */
    int fitting(Need room) {
        int byCpus = cpus == 0 ? Integer.MAX_VALUE : room.cpus / cpus;
        int byMemory = memMiB == 0 ? Integer.MAX_VALUE : room.memMiB / memMiB;
        int byGpus = gpus.count() == 0 ? Integer.MAX_VALUE : room.gpus.count() / gpus.count();
        return Math.max(1, Math.min(byGpus, Math.min(byCpus, byMemory)));
    }
}
