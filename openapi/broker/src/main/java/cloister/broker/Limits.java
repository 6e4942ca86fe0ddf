package cloister.broker;

import java.util.List;

/**
 * Answer of {@code GET /broker/v1/limits}: what a project may ask for. A request beyond it is refused with 422.
 *
 * @param maxCpus CPUs of the largest worker
 * @param maxMemMiB memory of the largest worker in MiB
 * @param maxWorkers most workers of one lease, and of all live leases together
 * @param maxTermMin longest term in minutes
 * @param maxScratchMiB largest scratch drive in MiB
 * @param maxGpus most GPUs of one worker
 * @param memStepMiB {@link Numbers#memoryStepMiB()}
 * @param scratchStepMiB {@link Numbers#scratchStepMiB()}
 * @param termStepMin {@link Numbers#termStepMinutes()}
 * @param gpuKinds kinds that this site has
 * @param idleSeconds how long an idle worker is kept, the site's policy for the project
 * @param spread whether the project's policy puts the workers of a lease on different hosts
 * @param nextLease the number that the project's next lease must have
 */
public record Limits(
        int maxCpus,
        int maxMemMiB,
        int maxWorkers,
        int maxTermMin,
        int maxScratchMiB,
        int maxGpus,
        int memStepMiB,
        int scratchStepMiB,
        int termStepMin,
        List<GpuKind> gpuKinds,
        int idleSeconds,
        boolean spread,
        int nextLease) {
    public Limits {
        gpuKinds = List.copyOf(gpuKinds);
    }
}
