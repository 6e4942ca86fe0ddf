package cloister.backend.database;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the database.
 *
 * @param dataFolder holds the data, the unpacked server and its socket; only the service's user may enter it
 * @param startLimit longest wait for the server to accept connections; crash recovery counts
 * @param stopLimit longest wait for an orderly end
 * @param connections size of the pool: the loop, the console and waiting callers share it
 */
@Validated
@ConfigurationProperties(prefix = "cloister.database", ignoreUnknownFields = false)
record DatabaseConfig(
        @NotNull Path dataFolder,
        @DefaultValue("120s") Duration startLimit,
        @DefaultValue("30s") Duration stopLimit,
        @Min(2) @Max(64) @DefaultValue("10") int connections) {}
