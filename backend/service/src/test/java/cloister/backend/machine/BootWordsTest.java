package cloister.backend.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.broker.Hello;
import cloister.isolation.Range;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BootWordsTest {
    private static final String NONCE = "00112233445566778899aabbccddeeff";
    private static final MachineId WORKER = Samples.worker().id();

    private final BootWords words = new BootWords(Samples.broker(), Range.parse("10.77.0.0/16"), 24);

    @Test
    void the_line_for_a_worker_has_its_numbers_and_the_cvms_key() {
        assertThat(new String(words.line(Samples.worker(), NONCE, Samples.NOW), StandardCharsets.UTF_8))
                .isEqualTo("{\"v\":1,\"kind\":\"WORKER\",\"nonce\":\"" + NONCE
                        + "\",\"nowMs\":1767323045678,\"project\":1,\"lease\":7,\"worker\":2,\"name\":\"w7-2\","
                        + "\"address\":\"10.77.1.17\",\"prefix\":16,\"peersRange\":\"10.77.1.0/24\","
                        + "\"endsAt\":1767326645,\"cvmSpki\":\"" + Samples.KEY + "\"}\n");
    }

    @Test
    void the_line_for_a_cvm_has_the_broker() {
        assertThat(new String(words.line(Samples.cvm(), NONCE, Samples.NOW), StandardCharsets.UTF_8))
                .isEqualTo("{\"v\":1,\"kind\":\"CVM\",\"nonce\":\"" + NONCE
                        + "\",\"nowMs\":1767323045678,\"project\":1,\"name\":\"cvm\","
                        + "\"address\":\"10.77.1.10\",\"prefix\":16,\"peersRange\":\"10.77.1.0/24\","
                        + "\"brokerAddress\":\"10.77.0.1:8443\",\"brokerSpki\":\"" + Samples.KEY + "\"}\n");
    }

    @Test
    void nonces_differ() {
        assertThat(words.nonce()).matches("[0-9a-f]{32}").isNotEqualTo(words.nonce());
    }

    @Test
    void an_honest_hello_is_read() {
        assertThat(words.hello(WORKER, hello(NONCE, Samples.KEY, "")))
                .isEqualTo(new Hello(1, NONCE, Samples.KEY, null, 3));
        assertThat(words.hello(MachineId.cvm(1), hello(NONCE, Samples.KEY, Samples.SSH_KEY)))
                .isEqualTo(new Hello(1, NONCE, Samples.KEY, Samples.SSH_KEY, 3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "hello",
                "{\"v\":1}",
                "{\"v\":2,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"image\":3}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"image\":3,\"text\":\"leak\"}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"image\":3}{}",
                "{\"v\":1,\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"image\":3}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"image\":\"3\"}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"image\":3.5}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"image\":-3}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"image\":null}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\"}",
                "{\"v\":1,\"nonce\":\"N\",\"image\":3}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"secret words\",\"image\":3}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K=\",\"image\":3}",
                "{\"v\":1,\"nonce\":\"short\",\"tlsSpki\":\"K\",\"image\":3}",
                "{\"v\":1,\"nonce\":17,\"tlsSpki\":\"K\",\"image\":3}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"sshHostKey\":\"S\",\"image\":3}",
                "{\"v\":1,\"nonce\":\"N\",\"tlsSpki\":\"K\",\"image\":99999999999}"
            })
    void what_no_honest_worker_says_is_refused_without_repeating_it(String line) {
        String said =
                line.replace("N", NONCE).replace("K", Samples.KEY).replace("\"S\"", "\"" + Samples.SSH_KEY + "\"");
        assertThatThrownBy(() -> words.hello(WORKER, said))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .message()
                .doesNotContain("secret", "leak", Samples.KEY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ssh-ed25519",
                "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f comment",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE4AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
                "ssh-ed25519 ????C3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
            })
    void a_cvm_with_anything_but_an_ed25519_host_key_is_refused(String key) {
        assertThatThrownBy(() -> words.hello(MachineId.cvm(1), hello(NONCE, Samples.KEY, key)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    static String hello(String nonce, String key, String sshKey) {
        return "{\"v\":1,\"nonce\":\"" + nonce + "\",\"tlsSpki\":\"" + key + "\","
                + (sshKey.isEmpty() ? "" : "\"sshHostKey\":\"" + sshKey + "\",") + "\"image\":3}";
    }
}
