package cloister.backend.project;

import jakarta.validation.constraints.Pattern;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the project room.
 *
 * @param underlay first two bytes of the underlay's addresses, as {@code 10.77}; the third is the project's number
 * @param bootLimit longest time from the start of a CVM to its hello, before the site's time scale
 * @param look how often a CVM that is up is looked for on its host
 */
@Validated
@ConfigurationProperties(prefix = "cloister.project", ignoreUnknownFields = false)
record ProjectConfig(
        @Pattern(regexp = "[0-9]{1,3}\\.[0-9]{1,3}") @DefaultValue("10.77")
        String underlay,

        @DefaultValue("90s") Duration bootLimit,
        @DefaultValue("5s") Duration look) {}
