package cloister.backend.lease;

import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.List;
import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What every project of this site may ask for; see {@link cloister.broker.Limits}.
 *
 * @param maxCpus of one worker
 * @param maxMemMib of one worker
 * @param maxWorkers of one lease, and of all live leases of a project together; there are 235 addresses for a project
 * @param maxTermMin of one lease
 * @param maxScratchMib of one worker
 * @param maxGpus of one worker
 * @param gpuKinds that the site has
 */
@Validated
@ConfigurationProperties(prefix = "cloister.limits", ignoreUnknownFields = false)
record LimitsConfig(
        @Min(1) @Max(1024) int maxCpus,
        @Min(256) int maxMemMib,
        @Min(1) @Max(200) int maxWorkers,
        @Min(5) int maxTermMin,
        @Min(0) int maxScratchMib,
        @Min(0) @Max(16) @DefaultValue("0") int maxGpus,
        @DefaultValue List<GpuKind> gpuKinds) {
    LimitsConfig {
        gpuKinds = List.copyOf(gpuKinds);
    }

    /** The first number that is beyond, if one is; {@code others} are the workers of the project's live leases. */
    Optional<String> beyond(LeaseRequest wish, int others) {
        if (wish.cpus() > maxCpus) {
            return Optional.of("cpus");
        }
        if (wish.memMiB() > maxMemMib) {
            return Optional.of("memMiB");
        }
        if (wish.workers() > maxWorkers - others) {
            return Optional.of("workers");
        }
        if (wish.termMin() > maxTermMin) {
            return Optional.of("termMin");
        }
        if (wish.scratchMiB() > maxScratchMib) {
            return Optional.of("scratchMiB");
        }
        if (wish.gpus() > maxGpus) {
            return Optional.of("gpus");
        }
        return wish.gpuKind() == GpuKind.NONE || gpuKinds.contains(wish.gpuKind())
                ? Optional.empty()
                : Optional.of("gpuKind");
    }
}
