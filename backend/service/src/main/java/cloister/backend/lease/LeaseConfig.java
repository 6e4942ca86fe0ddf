package cloister.backend.lease;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the lease room. Durations marked so are multiplied with the site's time scale.
 *
 * @param pass how often everything is looked at
 * @param settle scaled: see {@link Rules}
 * @param bootLimit scaled: see {@link Rules}
 * @param endLimit scaled: see {@link Rules}
 * @param clearLimit scaled: see {@link Rules}
 * @param attempts see {@link Rules}
 * @param backoff see {@link Rules}
 * @param quarantine how long an address is not used again: tunnels, caches and packets on their way have forgotten it
 * @param grace what a placeholder's limit has above the term, so that its end is ours
 * @param warning how long before its limit Slurm signals a placeholder (URG, which its script ignores), and where the site's
 *     Slurm has PreemptParameters=send_user_signal also before it takes the hosts: at most 18 hours, 0 for never
 * @param breakerFailures after so many failed starts in a row, of whatever project, nothing is submitted for a while
 * @param breakerPause for how long
 * @param hostLook how often the hosts of running leases are asked for their machines
 * @param nodeLoss what becomes of a lease of several workers that loses a host
 * @param hostLost scaled: a host is lost once it has answered nothing for so long and Slurm does not hear it either; at least
 *     three times {@code hostLook}, so that it never hangs on one question, and at most a day
 */
@Validated
@ConfigurationProperties(prefix = "cloister.lease", ignoreUnknownFields = false)
record LeaseConfig(
        @DefaultValue("1s") Duration pass,
        @DefaultValue("15s") Duration settle,
        @DefaultValue("60s") Duration bootLimit,
        @DefaultValue("20s") Duration endLimit,
        @DefaultValue("60s") Duration clearLimit,
        @Min(1) @Max(10) @DefaultValue("3") int attempts,
        @DefaultValue("5s") Duration backoff,
        @DefaultValue("60s") Duration quarantine,
        @DefaultValue("2m") Duration grace,
        @DefaultValue("5m") Duration warning,
        @Min(1) @DefaultValue("5") int breakerFailures,
        @DefaultValue("2m") Duration breakerPause,
        @DefaultValue("10s") Duration hostLook,
        @DefaultValue("end") NodeLoss nodeLoss,
        @DefaultValue("60s") Duration hostLost) {
    private static final int FEWEST_LOOKS = 3;
    private static final Duration LONGEST_LOSS = Duration.ofDays(1);

    /** Refuses a time that would give hosts up too soon, or never. */
    LeaseConfig {
        Duration shortest = hostLook.multipliedBy(FEWEST_LOOKS);
        if (hostLost.compareTo(shortest) < 0 || hostLost.compareTo(LONGEST_LOSS) > 0) {
            throw new IllegalArgumentException("cloister.lease.host-lost must be from " + shortest
                    + " (three times cloister.lease.host-look) to " + LONGEST_LOSS + ": " + hostLost);
        }
    }

    Rules rules(int timeScale) {
        return new Rules(
                settle.multipliedBy(timeScale),
                bootLimit.multipliedBy(timeScale),
                endLimit.multipliedBy(timeScale),
                clearLimit.multipliedBy(timeScale),
                attempts,
                backoff,
                nodeLoss);
    }
}
