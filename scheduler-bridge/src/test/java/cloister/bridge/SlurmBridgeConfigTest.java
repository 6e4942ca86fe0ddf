package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlurmBridgeConfigTest {
    private static SlurmBridgeConfig config(String url, Duration timeout) {
        return new SlurmBridgeConfig(
                URI.create(url), "cloister", Path.of("/run/token"), "batch", Path.of("/var/gate"), timeout);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http://127.0.0.1:6820", "http://localhost:6820/", "http://[::1]:6820", "https://slurm.site:6820"
            })
    void the_token_may_go_to_this_machine_or_over_tls(String url) {
        assertThat(config(url, Duration.ofSeconds(20)).url()).isEqualTo(URI.create(url));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://slurm.site:6820", "http://127.0.0.1.site:6820", "ftp://localhost", "unix:/run/slurmrestd",
                "https://slurm.site/slurm", "https://slurm.site?x=1", "https://user@slurm.site", "slurm.site"
            })
    void it_may_go_nowhere_else(String url) {
        assertThatIllegalArgumentException().isThrownBy(() -> config(url, Duration.ofSeconds(20)));
    }

    @Test
    void a_wait_has_a_limit() {
        assertThatIllegalArgumentException().isThrownBy(() -> config("http://localhost", Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> config("http://localhost", Duration.ofHours(1)));
    }
}
