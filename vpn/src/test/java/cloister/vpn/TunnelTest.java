package cloister.vpn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TunnelTest {
    private static final String A = "10.77.7.10";
    private static final String B = "10.77.7.16";
    private static final String CVM = "cvm.p7.cloister";
    private static final String WORKER = "w1-1.p7.cloister";
    private static final String HUB = "10.99.0.0/24";
    private static final String ONE = "10.99.0.16/32";

    @Test
    void good_one_is_taken() {
        assertThat(new Tunnel("w1-1", A, B, CVM, WORKER, HUB, ONE, 42, false).name())
                .isEqualTo("w1-1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "W1",
                "w 1",
                "-w",
                "w-",
                "w\n",
                "w{}",
                "a234567890123456789012345678901234567890123456789012345678901234"
            })
    void bad_names_are_refused(String name) {
        assertThatThrownBy(() -> new Tunnel(name, A, B, CVM, WORKER, HUB, ONE, 42, false))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "%any",
                "0.0.0.0/0",
                "10.77.7",
                "10.77.7.256",
                "10.77.7.010",
                "::1",
                "host.name",
                "10.77.7.1,10.77.7.2"
            })
    void bad_addresses_are_refused(String address) {
        assertThatThrownBy(() -> new Tunnel("w1", address, B, CVM, WORKER, HUB, ONE, 42, false))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Tunnel("w1", A, address, CVM, WORKER, HUB, ONE, 42, false))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "%any",
                "*",
                "*.cloister",
                "C=DE, CN=x",
                "@#6162",
                "asn1dn:#30",
                "w1 x",
                "W1.cloister",
                "10.77.7.16"
            })
    void identities_that_charon_would_read_as_more_than_a_name_are_refused(String id) {
        assertThatThrownBy(() -> new Tunnel("w1", A, B, id, WORKER, HUB, ONE, 42, false))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Tunnel("w1", A, B, CVM, id, HUB, ONE, 42, false))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "dynamic",
                "10.99.0.0",
                "0.0.0.0/0",
                "10.99.0.0/33",
                "10.99.0.0/024",
                "10.99.0.0/24[tcp]",
                "10.99.0.0-10.99.0.9"
            })
    void bad_ranges_are_refused(String range) {
        assertThatThrownBy(() -> new Tunnel("w1", A, B, CVM, WORKER, range, ONE, 42, false))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Tunnel("w1", A, B, CVM, WORKER, HUB, range, 42, false))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tunnel_to_oneself_and_negative_interfaces_are_refused() {
        assertThatThrownBy(() -> new Tunnel("w1", A, B, CVM, CVM, HUB, ONE, 42, false))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Tunnel("w1", A, B, CVM, WORKER, HUB, ONE, -1, false))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
