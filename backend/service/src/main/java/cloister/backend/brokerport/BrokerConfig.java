package cloister.backend.brokerport;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the broker.
 *
 * @param address IPv4 literal that it listens on, the backend's leg on the underlay
 * @param port TCP port; 0 in tests takes any
 * @param keyFile PEM of its key, made at the first start; every CVM that runs has pinned it
 */
@Validated
@ConfigurationProperties(prefix = "cloister.broker", ignoreUnknownFields = false)
record BrokerConfig(
        @NotNull String address,
        @Min(0) @Max(65535) @DefaultValue("8443") int port,
        @NotNull Path keyFile) {}
