package cloister.backend.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostTest {
    @ParameterizedTest
    @ValueSource(strings = {"vmhost1", "a", "node-12.rack3.example", "10"})
    void a_name_of_a_machine_is_taken(String name) {
        assertThat(new Host(name, true).name()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "vmhost1/system?pkipath=/tmp",
                "vmhost1:16514",
                "user@vmhost1",
                "vmhost1?no_verify=1",
                "vmhost1#",
                "VMHOST1",
                "-vmhost1",
                "vmhost1-",
                "vm host",
                "vmhost1\n",
                "vm..host",
                "vmhost1.",
                "vmh\u00f6st",
                "a234567890123456789012345678901234567890123456789012345678901234",
                "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"
            })
    void what_could_change_the_meaning_of_a_uri_is_refused(String name) {
        assertThatThrownBy(() -> new Host(name, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("as in slurm.conf");
    }
}
