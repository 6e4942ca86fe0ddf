package cloister.isolation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "10.77.1.16", "127.0.0.1", "255.255.255.255", "128.0.0.1"})
    void an_address_is_written_as_it_was_read(String text) {
        assertThat(Ipv4.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.77.1",
                "10.77.1.16.1",
                "10.77.1.256",
                "10.77.1.016",
                "10.77.1.+6",
                "10.77.1.-6",
                "10.77.1.16 ",
                " 10.77.1.16",
                "10.77.1.16\n",
                "10.77..16",
                "10.77.1.0x1",
                "10.77.1.\u0661",
                "localhost",
                "cvm",
                "::1",
                "1",
                "10.77.1.16; accept",
                "10.77.1.16 } accept #",
                "10.77.000000000000000000000000001.16"
            })
    void what_is_no_literal_address_is_refused(String text) {
        assertThatThrownBy(() -> Ipv4.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not an IPv4 address: four numbers from 0 to 255 with dots between them");
    }

    @Test
    void addresses_are_ordered_as_unsigned_numbers() {
        assertThat(Ipv4.parse("10.0.0.1")).isLessThan(Ipv4.parse("200.0.0.1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.77.1.0/24", "10.0.0.0/8", "10.77.1.16/32", "192.168.0.0/17"})
    void a_range_is_written_as_it_was_read(String text) {
        assertThat(Range.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.77.1.0",
                "10.77.1.1/24",
                "0.0.0.0/0",
                "10.0.0.0/7",
                "10.77.1.0/33",
                "10.77.1.0/024",
                "10.77.1.0/+24",
                "10.77.1.0/24/24",
                "10.77.1.0/",
                "/24",
                "10.77.1.0/24 ",
                "10.77.1.0-10.77.1.9"
            })
    void what_is_no_range_is_refused(String text) {
        assertThatThrownBy(() -> Range.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_range_knows_what_it_contains() {
        Range range = Range.parse("10.77.1.0/24");
        assertThat(range.contains(Ipv4.parse("10.77.1.0"))).isTrue();
        assertThat(range.contains(Ipv4.parse("10.77.1.255"))).isTrue();
        assertThat(range.contains(Ipv4.parse("10.77.2.0"))).isFalse();
        assertThat(range.contains(Range.parse("10.77.1.128/25"))).isTrue();
        assertThat(range.contains(Range.parse("10.77.0.0/16"))).isFalse();
        assertThat(Range.around(Ipv4.parse("10.77.1.16"), 24)).isEqualTo(range);
        assertThat(Range.parse("10.77.1.16/32").contains(Ipv4.parse("10.77.1.17")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.77.0.1", "10.77.0.1:", "10.77.0.1:0", "10.77.0.1:65536", "10.77.0.1:08443", "head:8443"})
    void what_is_no_endpoint_is_refused(String text) {
        assertThatThrownBy(() -> Endpoint.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void card_and_tap_follow_from_the_address() {
        Nic nic = new Nic(Ipv4.parse("10.77.1.16"));
        assertThat(nic.mac()).isEqualTo("52:54:0a:4d:01:10");
        assertThat(nic.tap()).isEqualTo("c4d0110");
    }
}
