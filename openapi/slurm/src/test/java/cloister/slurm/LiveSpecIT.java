package cloister.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.GlobalSlurm;
import cloister.slurm.testing.SlurmLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LiveSpecIT {
    @ParameterizedTest
    @EnumSource
    void the_slurmrestd_of_debian_still_serves_what_we_use(SlurmLine line) throws IOException, InterruptedException {
        compare(line, line.api());
    }

    private static void compare(SlurmLine line, String version) throws IOException, InterruptedException {
        String live = SpecTrimmer.trim(GlobalSlurm.description(line, version), SpecTrimmerTest.keep(), version);
        Path made = Path.of("target", "live-" + line.number() + "-" + version + ".json");
        Files.writeString(made, live);
        assertThat(Files.mismatch(SpecTrimmerTest.trimmed(version), made))
                .as("first byte at which the committed description differs from the live one, %s", made)
                .isEqualTo(-1);
    }
}
