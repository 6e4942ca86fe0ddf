package cloister.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.broker.GpuKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Both ends of port 22 may be of different builds: a message that changes changes the protocol's version. */
class GoldenMessagesTest {
    private final Messages messages = new Messages();

    private static Map<String, Request> requests() {
        var requests = new LinkedHashMap<String, Request>();
        requests.put("csr", new Request.Csr());
        requests.put("join", new Request.Admit(Samples.join()));
        requests.put("extend", new Request.Extend(1_800_000_300L));
        requests.put("status", new Request.Status());
        requests.put("usage", new Request.Usage());
        requests.put("leave", new Request.Leave());
        return requests;
    }

    private static Map<String, Answer> answers() {
        var answers = new LinkedHashMap<String, Answer>();
        answers.put("csr", new Answer.Certified("AAEC"));
        answers.put("accepted", new Answer.Accepted());
        answers.put("status", new Answer.Stands(new Status(false, true, false, true, false, 17, Trouble.HOME)));
        answers.put("usage", new Answer.Used(new Usage(123_456, 512, 90)));
        answers.put("refused", new Answer.Refused(RefusalCode.NOT_JOINED));
        return answers;
    }

    @Test
    void every_request_is_written_as_its_golden_file_and_read_back() throws Exception {
        assertThat(requests()).hasSameSizeAs(Request.class.getPermittedSubclasses());
        for (var entry : requests().entrySet()) {
            String golden = golden("request-" + entry.getKey());
            assertThat(new String(messages.bytes(entry.getValue()), StandardCharsets.UTF_8))
                    .isEqualTo(golden);
            assertThat(messages.request(golden.getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo(entry.getValue());
        }
    }

    @Test
    void every_answer_is_written_as_its_golden_file_and_read_back() throws Exception {
        assertThat(answers()).hasSameSizeAs(Answer.class.getPermittedSubclasses());
        for (var entry : answers().entrySet()) {
            String golden = golden("answer-" + entry.getKey());
            assertThat(new String(messages.bytes(entry.getValue()), StandardCharsets.UTF_8))
                    .isEqualTo(golden);
            assertThat(messages.answer(golden.getBytes(StandardCharsets.UTF_8))).isEqualTo(entry.getValue());
        }
    }

    @Test
    void a_message_that_is_not_exactly_right_is_refused() throws Exception {
        String join = golden("request-join");
        refused("");
        refused("null");
        refused("[]");
        refused("{}");
        refused("{\"verb\":\"reboot\"}");
        refused("{\"verb\":\"status\"} {}");
        refused("{\"verb\":\"status\",\"verb\":\"leave\"}");
        refused("{\"verb\":\"status\",\"shell\":\"sh\"}");
        refused("{\"verb\":\"extend\"}");
        refused("{\"verb\":\"extend\",\"endsAt\":null}");
        refused("{\"verb\":\"extend\",\"endsAt\":\"1800000000\"}");
        refused("{\"verb\":\"extend\",\"endsAt\":1800000000.5}");
        refused("{\"verb\":\"extend\",\"endsAt\":99999999999999999999999999}");
        refused("{\"verb\":\"extend\",\"endsAt\":5}");
        refused("{\"verb\":\"join\",\"join\":null}");
        refused(join.replace("\"mounts\":[\"HOME\"]", "\"mounts\":[0]"));
        refused(join.replace("\"mounts\":[\"HOME\"]", "\"mounts\":[\"/etc\"]"));
        refused(join.replace("\"mounts\":[\"HOME\"]", "\"mounts\":null"));
        refused(join.replace("\"mounts\":[\"HOME\"]", "\"mounts\":[null]"));
        refused(join.replace("\"nodeName\":\"w12-3\"", "\"nodeName\":17"));
        refused(join.replace("\"login\":\"alice\"", "\"login\":\"root:\""));
        refused(join.replace("\"uid\":5001", "\"uid\":0"));
        refused(join.replace("\"owner\":5002", "\"owner\":5003"));
        refused(join.replace("\"owner\":5002,", ""));
        refused(join.replace("\"cpus\":2", "\"cpus\":\"2\""));
        refused("[".repeat(100) + "]".repeat(100));
    }

    @Test
    void a_kept_join_is_read_back_and_nothing_else_is() throws Exception {
        assertThat(KeptJoin.read(KeptJoin.write(Samples.join()))).isEqualTo(Samples.join());
        assertThatThrownBy(() -> KeptJoin.read(messages.bytes(new Request.Leave())))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> KeptJoin.read(new byte[0])).isInstanceOf(IOException.class);
    }

    @Test
    void what_is_refused_is_not_repeated() throws Exception {
        String secret = golden("request-join").replaceAll("\"slurmKey\":\"[^\"]*\"", "\"slurmKey\":\"c2VjcmV0!\"");
        assertThatThrownBy(() -> messages.request(secret.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining("slurmKey")
                .hasMessageNotContaining("c2VjcmV0");
    }

    @Test
    void the_largest_join_fits_into_a_frame() {
        var accounts = new java.util.ArrayList<Account>();
        var hosts = new java.util.ArrayList<HostEntry>();
        var peers = new java.util.ArrayList<Peer>();
        for (int i = 0; i < 256; i++) {
            accounts.add(new Account("a" + "b".repeat(20) + i, 5000 + i));
            hosts.add(new HostEntry("w2147483647-" + (1000 + i), "10.99.100." + i));
            peers.add(new Peer("w2147483647-" + (1000 + i) + ".p250.cloister", "10.77.100." + i, "10.99.100." + i));
        }
        String pem = "-----BEGIN CERTIFICATE-----\n" + "A".repeat(4000) + "\n-----END CERTIFICATE-----\n";
        Join largest = new Join(
                pem,
                pem,
                "10.99.0.16",
                "10.99.0.0/16",
                "10.77.250.10",
                "10.99.0.1",
                "cvm.p250.cloister",
                "w2147483647-999.p250.cloister",
                peers,
                "w2147483647-999",
                1024,
                1_000_000,
                GpuKind.C,
                16,
                Samples.key(),
                java.util.List.of(Mount.HOME),
                0,
                accounts,
                hosts,
                1_800_000_000L,
                "l2147483647-999");
        assertThat(messages.bytes(new Request.Admit(largest))).hasSizeLessThan(Frames.longest());
    }

    private void refused(String json) {
        assertThatThrownBy(() -> messages.request(json.getBytes(StandardCharsets.UTF_8)))
                .as(json)
                .isInstanceOf(Malformed.class);
    }

    private static String golden(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                GoldenMessagesTest.class.getResourceAsStream("/golden/" + name + ".json"), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
