package cloister.broker;

/**
 * Body of {@code PUT /broker/v1/leases/{n}}: {@code workers} workers of one shape, all or nothing.
 *
 * @param member number of the member whose job asks first; the site books the lease on this member's wckey
 * @param workers how many workers, 1 to 1024
 * @param cpus whole CPUs of each worker, 1 to 1024
 * @param memMiB memory of each worker in MiB, a multiple of {@link Numbers#memoryStepMiB()}
 * @param gpuKind kind of its GPUs; {@link GpuKind#NONE} exactly when {@code gpus} is 0
 * @param gpus GPUs of each worker, 0 to 16
 * @param scratchMiB scratch drive of each worker in MiB, a multiple of {@link Numbers#scratchStepMiB()}
 * @param termMin longest life in minutes, a multiple of {@link Numbers#termStepMinutes()}
 * @param spread whether each worker must be on a host of its own
 */
public record LeaseRequest(
        int member,
        int workers,
        int cpus,
        int memMiB,
        GpuKind gpuKind,
        int gpus,
        int scratchMiB,
        int termMin,
        boolean spread)
        implements Upward {
    private static final int MOST_WORKERS = 1024;
    private static final int MOST_CPUS = 1024;
    private static final int MOST_MEM_MIB = 16 * 1024 * 1024;
    private static final int MOST_GPUS = 16;
    private static final int MOST_SCRATCH_MIB = 64 * 1024 * 1024;
    private static final int MOST_TERM_MIN = 60 * 24 * 31;

    /** @throws OutOfBounds where a number is outside the bounds above */
    public LeaseRequest {
        Numbers.id("member", member);
        Numbers.within("workers", workers, 1, MOST_WORKERS);
        Numbers.within("cpus", cpus, 1, MOST_CPUS);
        Numbers.step("memMiB", memMiB, Numbers.memoryStepMiB(), MOST_MEM_MIB, Numbers.memoryStepMiB());
        Numbers.within("gpus", gpus, 0, MOST_GPUS);
        Numbers.step("scratchMiB", scratchMiB, 0, MOST_SCRATCH_MIB, Numbers.scratchStepMiB());
        Numbers.step("termMin", termMin, Numbers.termStepMinutes(), MOST_TERM_MIN, Numbers.termStepMinutes());
        if ((gpuKind == GpuKind.NONE) != (gpus == 0)) {
            throw new OutOfBounds("gpuKind", "NONE exactly when gpus is 0");
        }
    }
}
