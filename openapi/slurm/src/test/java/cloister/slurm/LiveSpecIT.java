package cloister.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.GlobalSlurm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LiveSpecIT {
    @Test
    void the_slurmrestd_of_debian_still_serves_what_we_use() throws IOException, InterruptedException {
        String trimmed = SpecTrimmer.trim(GlobalSlurm.description(), SpecTrimmerTest.keep());
        Path made = Path.of("target", "live-slurm-v0.0.42.json");
        Files.writeString(made, trimmed);
        assertThat(Files.mismatch(SpecTrimmerTest.TRIMMED, made))
                .as("first byte at which the committed description differs from the live one, %s", made)
                .isEqualTo(-1);
    }
}
