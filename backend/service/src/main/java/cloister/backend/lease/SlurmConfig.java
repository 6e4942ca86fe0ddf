package cloister.backend.lease;

import cloister.bridge.Accounting;
import cloister.bridge.Gate;
import cloister.bridge.HostStates;
import cloister.bridge.Placeholders;
import cloister.bridge.SlurmBridge;
import cloister.bridge.SlurmBridgeConfig;
import cloister.broker.GpuKind;
import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.validation.annotation.Validated;

/**
 * Where the site's Slurm is; see {@link SlurmBridgeConfig}.
 *
 * @param url of slurmrestd
 * @param user whose placeholders they are
 * @param tokenFile with that user's token, read anew for every request
 * @param partition for placeholders
 * @param gateFolder shared with slurmctld
 * @param timeout for one request
 * @param gpuTypes for each kind of GPU that CVMs may ask for, its type in the site's gres.conf; a site with one kind only
 *     needs none
 * @param driver what a placeholder is; {@link Driver#EXTERNAL} stops the start
 */
@Validated
@ConfigurationProperties(prefix = "cloister.slurm", ignoreUnknownFields = false)
record SlurmConfig(
        @NotNull URI url,
        @NotNull String user,
        @NotNull Path tokenFile,
        @NotNull String partition,
        @NotNull Path gateFolder,
        @DefaultValue("20s") Duration timeout,
        @DefaultValue Map<GpuKind, String> gpuTypes,
        @DefaultValue("process") Driver driver) {
    private static final String NO_GUARD =
            "cloister.slurm.driver: external is not offered, since Slurm gives the hosts of an external"
                    + " job away while its machines still live (docs/decisions/0011); set process";

    SlurmConfig {
        gpuTypes = Map.copyOf(gpuTypes);
        if (driver == Driver.EXTERNAL) throw new IllegalArgumentException(NO_GUARD);
    }

    /** What a placeholder is in the site's Slurm. */
    enum Driver {
        /** A batch job whose only process sleeps: its host waits for the Epilog. */
        PROCESS,
        /** A job without a process (Slurm 25.05 and later): nothing holds its host after its end. */
        EXTERNAL
    }

    /** The bridge's two ends as beans. */
    @Configuration(proxyBeanMethods = false)
    static class Bridge {
        @Bean
        SlurmBridge slurmBridge(SlurmConfig config) {
            return SlurmBridge.connect(new SlurmBridgeConfig(
                    config.url(),
                    config.user(),
                    config.tokenFile(),
                    config.partition(),
                    config.gateFolder(),
                    config.timeout()));
        }

        @Bean
        Placeholders placeholders(SlurmBridge bridge) {
            return bridge.placeholders();
        }

        @Bean
        Accounting accounting(SlurmBridge bridge) {
            return bridge.accounting();
        }

        @Bean
        HostStates hostStates(SlurmBridge bridge) {
            return bridge.hosts();
        }

        @Bean
        Gate gate(SlurmBridge bridge) {
            return bridge.gate();
        }
    }
}
