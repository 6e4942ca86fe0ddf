package cloister.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames sent through a real bridge under the rules, each with what must become of it. */
class BridgeIT {
    @ParameterizedTest
    @CsvSource({"worker, 50", "cvm, 51"})
    void every_frame_passes_or_is_dropped_as_it_must(String kind, int frames) throws Exception {
        String classes = folder(HostRules.class) + ":" + folder(Bridge.class);
        Process process = new ProcessBuilder(
                        "unshare",
                        "-r",
                        "-n",
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classes,
                        Bridge.class.getName(),
                        kind)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        List<String> lines = said.lines().toList();
        assertThat(lines).as(said).hasSize(frames).allMatch(line -> line.startsWith("ok "));
    }

    private static String folder(Class<?> of) throws Exception {
        return Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }
}
