package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import cloister.bridge.SlurmBridgeConfig;
import cloister.bridge.Survey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenTest {
    @TempDir
    Path folder = Path.of("");

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("token"), text);
    }

    private SlurmBridgeConfig config(String user) {
        return new SlurmBridgeConfig(
                URI.create("http://127.0.0.1:1"),
                user,
                folder.resolve("token"),
                "batch",
                folder.resolve("gate"),
                Duration.ofSeconds(1));
    }

    @Test
    void what_scontrol_prints_is_read() throws IOException {
        Token token = Token.parse("SLURM_JWT="
                + CannedSlurmrestd.token("{\"exp\":1795460283,\"iat\":1795373883,\"sun\":\"cloister\"}") + "\n");
        assertThat(token.user()).contains("cloister");
        assertThat(token.issued()).contains(Instant.ofEpochSecond(1795373883));
        assertThat(token.expires()).contains(Instant.ofEpochSecond(1795460283));
        assertThat(token.overdue()).contains(Instant.ofEpochSecond(1795373883 + 3 * 86400 / 4));
        assertThat(token.objection("cloister")).isEmpty();
        assertThat(token.text()).doesNotContain("SLURM_JWT");
        assertThat(token).hasToString("token");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "\"text\"",
                "{",
                "{\"exp\": \"soon\"}",
                "{\"exp\": -1}",
                "{\"exp\": 1e99}",
                "{\"exp\": 99999999999999999999999}",
                "{\"exp\": 253402300800}",
                "{\"iat\": {}}",
                "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}"
            })
    void claims_that_are_none_are_refused(String claims) {
        assertThatIOException()
                .isThrownBy(() -> Token.parse(CannedSlurmrestd.token(claims)))
                .satisfies(thrown -> assertThat(thrown.toString()).doesNotContain(claims));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a.b", "a.b.c.d", "a.!!.c", "a.b.c\r\nX-Other: header", "a.A.c", "a._w.c"})
    void what_is_no_token_is_refused(String text) {
        assertThatIOException().isThrownBy(() -> Token.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"root", "slurm", "mallory", "bad\\u001b[31mname"})
    void a_token_that_we_must_not_use_stops_the_start_and_is_never_sent(String user) throws IOException {
        String token = CannedSlurmrestd.token("{\"exp\":1795460283,\"sun\":\"" + user + "\"}");
        file(token);
        assertThatIllegalStateException()
                .isThrownBy(() -> RestPlaceholders.connect(config("cloister")))
                .satisfies(thrown -> assertThat(thrown.getMessage())
                        .contains(folder.resolve("token").toString())
                        .matches("[\\x20-\\x7e]+")
                        .doesNotContain(token));
        try (CannedSlurmrestd slurmrestd = new CannedSlurmrestd(folder, CannedSlurmrestd.NEWER)) {
            RestPlaceholders placeholders = slurmrestd
                    .on("GET /slurm/VERSION/jobs/", 200, "{\"jobs\": [], \"errors\": []}")
                    .placeholders();
            file(token);
            assertThat(placeholders.list())
                    .isInstanceOfSatisfying(
                            Survey.Unknown.class,
                            unknown -> assertThat(unknown.why()).contains("is a token of"));
            assertThat(slurmrestd.heard).isEmpty();
            assertThat(slurmrestd.pings).isEmpty();
        }
    }

    @Test
    void roots_token_says_which_one_to_make() throws IOException {
        file(CannedSlurmrestd.token("{\"sun\":\"root\"}"));
        assertThatIllegalStateException()
                .isThrownBy(() -> RestPlaceholders.connect(config("cloister")))
                .withMessageContaining("scontrol token username=cloister");
        assertThatIllegalArgumentException().isThrownBy(() -> config("root"));
        assertThatIllegalArgumentException().isThrownBy(() -> config("slurm"));
    }

    @Test
    void a_token_that_is_not_there_yet_does_not_stop_the_start() throws IOException {
        RestPlaceholders placeholders = RestPlaceholders.connect(config("cloister"));
        assertThat(placeholders.tokenExpires()).isEmpty();
        assertThat(placeholders.list()).isInstanceOf(Survey.Unknown.class);
        file(CannedSlurmrestd.token("{\"exp\":1795460283,\"sun\":\"cloister\"}"));
        assertThat(placeholders.tokenExpires()).contains(Instant.ofEpochSecond(1795460283));
    }

    @Test
    void a_token_that_nobody_renewed_is_warned_of_once() throws IOException {
        List<String> warnings = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                warnings.add(entry.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(TokenFile.class.getName());
        log.addHandler(handler);
        try {
            file(CannedSlurmrestd.token("{\"exp\":1000100,\"iat\":1000000,\"sun\":\"cloister\"}"));
            read(1000074);
            assertThat(warnings).isEmpty();
            TokenFile late = read(1000076);
            late.read();
            assertThat(warnings).hasSize(1);
            file(CannedSlurmrestd.token("{\"exp\":1000150,\"iat\":1000050,\"sun\":\"cloister\"}"));
            late.read();
            assertThat(warnings).hasSize(1);
        } finally {
            log.removeHandler(handler);
        }
    }

    private TokenFile read(long now) throws IOException {
        TokenFile file =
                new TokenFile(folder.resolve("token"), "cloister", InstantSource.fixed(Instant.ofEpochSecond(now)));
        file.read();
        return file;
    }
}
