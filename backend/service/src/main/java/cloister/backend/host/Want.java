package cloister.backend.host;

/**
 * The workers of one placeholder on one host, and which of them is to be placed.
 *
 * @param workers how many share the allocation, from 1
 * @param which the one to be placed, from 0
 * @param cpus virtual processors of each
 * @param memMiB memory of each guest
 * @param overheadMiB what QEMU needs for each beside the guest's memory
 * @param gpus of each
 */
public record Want(int workers, int which, int cpus, int memMiB, int overheadMiB, int gpus) {
    /** Refuses what is no worker. */
    public Want {
        if (workers < 1 || which < 0 || which >= workers || cpus < 1 || memMiB < 1 || overheadMiB < 0 || gpus < 0) {
            throw new IllegalArgumentException("not a worker: " + which + " of " + workers + " with " + cpus + " cpus, "
                    + memMiB + "+" + overheadMiB + " MiB and " + gpus + " GPUs");
        }
    }
}
