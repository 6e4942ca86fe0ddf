package cloister.cvm.demand;

import cloister.broker.GpuKind;
import cloister.broker.Isolation;
import cloister.broker.Limits;
import cloister.broker.Numbers;
import java.time.Duration;
import java.util.List;

/**
 * What the site allows, and the allowances that the project adds to it.
 *
 * @param limits the site's
 * @param bootMin minutes of a term that a worker's start may take
 * @param graceMin minutes between the end of the last job that may start and the end of the term: Slurm kills a job up to a
 *     minute after its limit, and the worker has to be given back
 * @param patience how long free room that Slurm leaves unused still counts as room for a job that waits
 */
public record Policy(Limits limits, int bootMin, int graceMin, Duration patience) {
    /** Kernel, controller, charon, slurmd and the root's overlay of a small worker. */
    private static final int GUEST_RESERVE_MIB = 256;

    /** The kernel's own tables grow with the memory. */
    private static final int GUEST_RESERVE_PART = 32;

    /** Below this a worker's guest does not come up reliably. */
    private static final int SMALLEST_WORKER_MIB = 768;

    private static final int SCRATCH_MIB = 1024;

    /** The header of LUKS2, and ext4's own at its smallest. */
    private static final int SCRATCH_RESERVE_MIB = 48;

    /** ext4's tables grow with the drive. */
    private static final int SCRATCH_RESERVE_PART = 32;

    private static final int USUAL_LIMIT_MIN = 60;
    private static final int DEFAULT_MEMORY_MIB = 1024;
    private static final int LEAST_DEFAULT_MEMORY_MIB = 64;

    /** Memory that jobs can have on a worker with that much memory. */
    public static int usableMemory(int workerMemMiB) {
        return Math.max(0, workerMemMiB - GUEST_RESERVE_MIB - workerMemMiB / GUEST_RESERVE_PART);
    }

    /** What jobs can have on the largest worker. */
    public Need largest() {
        return largest(GpuKind.NONE);
    }

    /** What jobs can have on the largest worker with GPUs of that kind, or of whichever there is. */
    Need largest(GpuKind kind) {
        boolean there =
                kind == GpuKind.NONE ? !gpuKinds().isEmpty() : gpuKinds().contains(kind);
        Gpus gpus = there ? new Gpus(kind, limits.maxGpus()) : Gpus.none();
        return new Need(limits.maxCpus(), usableMemory(largestMemoryMiB()), gpus);
    }

    /** The kinds of GPU that workers can have, in the site's order. */
    public List<GpuKind> gpuKinds() {
        return limits.gpuKinds().stream()
                .filter(kind -> kind != GpuKind.NONE && limits.maxGpus() > 0)
                .distinct()
                .toList();
    }

    /** GPUs as they are asked for: a job that takes any kind gets the site's first. */
    Gpus named(Gpus wish) {
        if (wish.count() == 0) {
            return Gpus.none();
        }
        return wish.kind() == GpuKind.NONE ? new Gpus(gpuKinds().getFirst(), wish.count()) : wish;
    }

    /** The longest time limit of a job in minutes; 0 where the site's terms leave no time for any. */
    public int longestLimitMin() {
        return Math.max(0, longestTerm() - bootMin - graceMin);
    }

    /** How many idle workers are kept at the least. */
    int warmWorkers() {
        return limits.isolation() == Isolation.PROJECT ? limits.warmWorkers() : 0;
    }

    /** The limit of a job that names none: an hour, or the longest that there is. */
    public int usualLimitMin() {
        return Math.min(USUAL_LIMIT_MIN, longestLimitMin());
    }

    /** Memory per CPU of a job that names none: its share of the largest worker, but not more than is common. */
    public int defaultMemPerCpuMiB() {
        int share = largest().memMiB() / Math.max(1, limits.maxCpus());
        return Math.max(LEAST_DEFAULT_MEMORY_MIB, Math.min(DEFAULT_MEMORY_MIB, share));
    }

    /** Memory of the smallest worker that gives jobs that much; at most the site's largest. */
    int workerMemory(int jobMemMiB) {
        int step = Numbers.memoryStepMiB();
        int memory = roundUp(Math.max(SMALLEST_WORKER_MIB, jobMemMiB + GUEST_RESERVE_MIB), step);
        while (usableMemory(memory) < jobMemMiB) {
            memory += step;
        }
        return Math.min(memory, largestMemoryMiB());
    }

    /** Memory of the largest worker in MiB, in whole steps. */
    public int largestMemoryMiB() {
        return limits.maxMemMiB() / Numbers.memoryStepMiB() * Numbers.memoryStepMiB();
    }

    /** Whether both allow the same; the number of the next lease is no rule. */
    public boolean sameRules(Policy other) {
        return withNext(0).equals(other.withNext(0));
    }

    private Policy withNext(int next) {
        return new Policy(
                new Limits(
                        limits.maxCpus(),
                        limits.maxMemMiB(),
                        limits.maxWorkers(),
                        limits.maxTermMin(),
                        limits.maxScratchMiB(),
                        limits.maxGpus(),
                        limits.memStepMiB(),
                        limits.scratchStepMiB(),
                        limits.termStepMin(),
                        limits.gpuKinds(),
                        limits.idleSeconds(),
                        limits.spread(),
                        limits.isolation(),
                        limits.warmWorkers(),
                        limits.dayCpuMin(),
                        next),
                bootMin,
                graceMin,
                patience);
    }

    /** Temporary disk that jobs find on a worker whose scratch drive has that size: what LUKS and ext4 leave. */
    public static int usableTmp(int scratchMiB) {
        return Math.max(0, scratchMiB - SCRATCH_RESERVE_MIB - scratchMiB / SCRATCH_RESERVE_PART);
    }

    /** The largest temporary disk of a worker, in MiB. */
    public int largestTmpMiB() {
        int step = Numbers.scratchStepMiB();
        return usableTmp(limits.maxScratchMiB() / step * step);
    }

    /** The scratch drive of a worker whose jobs ask for that much temporary disk, in whole steps; at most the site's largest. */
    int scratch(int tmpMiB) {
        int step = Numbers.scratchStepMiB();
        int scratch = roundUp(Math.max(SCRATCH_MIB, tmpMiB), step);
        while (usableTmp(scratch) < tmpMiB) {
            scratch += step;
        }
        return Math.min(scratch, limits.maxScratchMiB() / step * step);
    }

    /** The term of a lease for jobs with that limit: limit, boot and grace, rounded up; at most the site's longest. */
    int term(int limitMin) {
        int step = Numbers.termStepMinutes();
        return Math.min(roundUp(limitMin + bootMin + graceMin, step), longestTerm());
    }

    private int longestTerm() {
        int step = Numbers.termStepMinutes();
        return limits.maxTermMin() / step * step;
    }

    private static int roundUp(int value, int step) {
        return (value + step - 1) / step * step;
    }
}
