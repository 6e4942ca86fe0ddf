package cloister.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class BootTest {
    private static final String WORKER = text(BootLines.write(Lines.worker(Lines.nonce(1))));
    private static final String CVM = text(BootLines.write(Lines.cvm(Lines.nonce(1))));

    private static String text(byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }

    private static Boot read(String json) throws IOException {
        return Boot.of(BootLines.read(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void a_worker_is_who_its_line_says() throws Exception {
        assertThat(read(WORKER)).isInstanceOfSatisfying(Boot.Worker.class, worker -> {
            assertThat(worker.project()).isEqualTo(7);
            assertThat(worker.lease()).isEqualTo(12);
            assertThat(worker.worker()).isEqualTo(3);
            assertThat(worker.address()).hasToString("10.77.7.16");
            assertThat(worker.peers()).hasToString("10.77.7.0/24");
            assertThat(worker.endsAt().getEpochSecond()).isEqualTo(1_800_000_000L);
            assertThat(worker.cvmKey()).isEqualTo(Lines.KEY);
        });
    }

    @Test
    void a_cvm_is_who_its_line_says() throws Exception {
        assertThat(read(CVM)).isInstanceOfSatisfying(Boot.Cvm.class, cvm -> {
            assertThat(cvm.name()).isEqualTo("cvm");
            assertThat(cvm.broker()).hasToString("10.77.0.1:8443");
            assertThat(cvm.brokerKey()).isEqualTo(Lines.KEY);
        });
    }

    @Test
    void a_line_of_the_contract_as_text_is_read() throws Exception {
        assertThat(read("{\"v\":1,\"kind\":\"WORKER\",\"nonce\":\"" + Lines.nonce(9)
                        + "\",\"nowMs\":1790000000123,\"project\":7,\"lease\":12,\"worker\":3,\"name\":\"w12-3\","
                        + "\"address\":\"10.77.7.16\",\"prefix\":16,\"peersRange\":\"10.77.7.0/24\","
                        + "\"endsAt\":1800000000,\"cvmSpki\":\"" + Lines.KEY.base64() + "\"}"))
                .isEqualTo(Boot.of(Lines.worker(Lines.nonce(1))));
    }

    @Test
    void a_line_that_is_not_exactly_right_is_refused() {
        for (String json : List.of(
                "",
                "null",
                "[]",
                "{}",
                WORKER + "{}",
                WORKER.replace("{\"v\":1", "{\"v\":1,\"v\":1"),
                WORKER.replace("{\"v\":1", "{\"v\":\"1\""),
                WORKER.replace("{\"v\":1", "{\"v\":1,\"run\":\"sh\""),
                WORKER.replace("\"WORKER\"", "1"),
                WORKER.replace("\"project\":7", "\"project\":7.5"),
                WORKER.replace("\"name\":\"w12-3\"", "\"name\":{}"))) {
            assertThatThrownBy(() -> read(json)).as(json).isInstanceOf(IOException.class);
        }
    }

    @Test
    void a_line_with_a_field_out_of_bounds_is_refused() {
        for (String json : List.of(
                WORKER.replace("{\"v\":1", "{\"v\":2"),
                WORKER.replace("\"kind\":\"WORKER\",", ""),
                WORKER.replace("\"kind\":\"WORKER\"", "\"kind\":\"CVM\""),
                CVM.replace("\"kind\":\"CVM\"", "\"kind\":\"WORKER\""),
                WORKER.replace(Lines.nonce(1), "1"),
                WORKER.replace("\"nowMs\":1790000000123", "\"nowMs\":17"),
                WORKER.replace("\"project\":7", "\"project\":0"),
                WORKER.replace("\"lease\":12", "\"lease\":-1"),
                WORKER.replace("\"lease\":12,", ""),
                WORKER.replace("\"name\":\"w12-3\"", "\"name\":\"w12-4\""),
                CVM.replace("\"name\":\"cvm\"", "\"name\":\"cvm;x\""),
                WORKER.replace("\"address\":\"10.77.7.16\"", "\"address\":\"10.78.7.16\""),
                WORKER.replace("\"address\":\"10.77.7.16\"", "\"address\":\"worker\""),
                WORKER.replace("\"address\":\"10.77.7.16\",", ""),
                WORKER.replace("\"prefix\":16", "\"prefix\":32"),
                WORKER.replace("10.77.7.0/24", "10.77.7.1/24"),
                WORKER.replace("\"endsAt\":1800000000,", ""),
                WORKER.replace(Lines.KEY.base64(), "AAAA"),
                CVM.replace("10.77.0.1:8443", "broker:8443"),
                CVM.replace(",\"brokerSpki\":\"" + Lines.KEY.base64() + "\"", ""),
                CVM.replace("\"project\":7", "\"project\":7,\"lease\":1"))) {
            assertThat(json).as("changed").isNotEqualTo(WORKER).isNotEqualTo(CVM);
            assertThatIllegalArgumentException().as(json).isThrownBy(() -> read(json));
        }
    }

    @Test
    void only_the_end_of_a_worker_may_move() {
        Boot boot = Boot.of(Lines.worker(Lines.nonce(1)));
        assertThat(boot.sameGuest(Boot.of(Lines.worker(Lines.nonce(2), 3, 1_900_000_000L))))
                .isTrue();
        assertThat(boot.sameGuest(Boot.of(Lines.worker(Lines.nonce(2), 4, 1_800_000_000L))))
                .isFalse();
        assertThat(boot.sameGuest(Boot.of(Lines.cvm(Lines.nonce(2))))).isFalse();
    }
}
