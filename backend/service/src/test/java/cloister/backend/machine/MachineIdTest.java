package cloister.backend.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MachineIdTest {
    @Test
    void a_domain_name_leads_back_to_its_machine() {
        MachineId worker = new MachineId(12, 345, 6);
        assertThat(worker.domainName()).isEqualTo("cloister-p12-w345-6");
        assertThat(worker.guestName()).isEqualTo("w345-6");
        assertThat(MachineId.ofDomain("cloister-p12-w345-6")).contains(worker);
        assertThat(MachineId.ofDomain("cloister-p12-cvm")).contains(MachineId.cvm(12));
        assertThat(MachineId.cvm(12).guestName()).isEqualTo("cvm");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "cvm",
                "cloister-p0-cvm",
                "cloister-p01-cvm",
                "cloister-p1-cvm ",
                "cloister-p1-w1",
                "cloister-p1-w0-1",
                "cloister-p1-w1-0",
                "cloister-p9999999999-cvm",
                "cloister-p1-w1-2-3",
                "xcloister-p1-cvm"
            })
    void other_names_are_not_ours(String name) {
        assertThat(MachineId.ofDomain(name)).isEmpty();
    }

    @Test
    void half_a_worker_is_refused() {
        assertThatThrownBy(() -> new MachineId(1, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MachineId(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MachineId(0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
