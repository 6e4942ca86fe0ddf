package cloister.broker;

import java.util.List;
import java.util.Objects;

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
 * @param isolation who shares a worker, the site's policy for the project; the same for the whole life of a CVM
 * @param warmWorkers how many idle workers are kept at the least; 0 where {@code isolation} is not {@link Isolation#PROJECT}
 * @param dayCpuMin the largest spend of a day in CPU minutes; 0 for no limit. A lease beyond it ends at once as {@link
 *     ReasonCode#DAY_LIMIT}
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
        Isolation isolation,
        int warmWorkers,
        int dayCpuMin,
        int nextLease) {
    public Limits {
        Objects.requireNonNull(isolation, "isolation");
        gpuKinds = List.copyOf(gpuKinds);
    }
}
