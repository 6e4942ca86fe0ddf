package cloister.backend.ledger;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the ledger room.
 *
 * @param policy what is charged
 * @param parent account in the site's Slurm below which each project's is made; it must exist
 * @param associations how often projects and members are compared with what was made for them
 * @param recheck how often slurmdbd is asked whether all of that is still there
 * @param sample how often the hosts are asked what their machines have used: a killed backend loses at most one period
 * @param settle how often records of placeholders that are over are looked for
 * @param tolerancePercent by how much the CVM's figure for cores may differ from the hypervisor's before it is flagged; the
 *     hypervisor's has what QEMU itself uses in it, and the CVM counts whole minutes
 */
@Validated
@ConfigurationProperties(prefix = "cloister.ledger", ignoreUnknownFields = false)
record LedgerConfig(
        @DefaultValue("allocated") @NotNull Policy policy,

        @DefaultValue("cloister") @Pattern(regexp = "[a-z0-9_]{1,64}")
        String parent,

        @DefaultValue("5s") Duration associations,
        @DefaultValue("10m") Duration recheck,
        @DefaultValue("30s") Duration sample,
        @DefaultValue("10s") Duration settle,
        @Min(1) @Max(100) @DefaultValue("25") int tolerancePercent) {
    /** What a site charges. */
    enum Policy {
        /** What Slurm gave; records are not edited, but for a note of what was used. */
        ALLOCATED,
        /** What was used, rounded up to whole cores and MiB for the whole time; needs Slurm 26.05. */
        USED
    }
}
