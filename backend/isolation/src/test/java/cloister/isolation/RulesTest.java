package cloister.isolation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RulesTest {
    private static final Range PROJECT = Range.parse("10.77.1.0/24");
    private static final Range OVERLAY = Range.parse("10.99.0.0/24");
    private static final Endpoint BROKER = Endpoint.parse("10.77.0.1:8443");
    private static final Ipv4 CVM = Ipv4.parse("10.77.1.10");
    private static final Ipv4 WORKER = Ipv4.parse("10.77.1.16");

    @Test
    void host_rules_of_a_worker_are_the_golden_ones() throws IOException {
        assertThat(HostRules.forWorker(WORKER, PROJECT)).isEqualTo(golden("host-worker.nft"));
    }

    @Test
    void host_rules_of_a_cvm_are_the_golden_ones() throws IOException {
        assertThat(HostRules.forCvm(CVM, PROJECT, BROKER)).isEqualTo(golden("host-cvm.nft"));
    }

    @Test
    void guest_rules_of_a_worker_are_the_golden_ones() throws IOException {
        assertThat(GuestRules.forWorker(WORKER, PROJECT, OVERLAY)).isEqualTo(golden("guest-worker.nft"));
    }

    @Test
    void guest_rules_of_a_cvm_are_the_golden_ones() throws IOException {
        assertThat(GuestRules.forCvm(CVM, PROJECT, OVERLAY, BROKER)).isEqualTo(golden("guest-cvm.nft"));
    }

    @Test
    void every_line_for_a_host_adds_one_rule_to_one_of_the_two_chains() {
        assertThat(HostRules.forCvm(CVM, PROJECT, BROKER) + HostRules.forWorker(WORKER, PROJECT))
                .matches("(add rule bridge @TABLE@ (to_vm|from_vm) [a-z0-9:.,/{}()&|!= ]+ counter (accept|drop)\n)+");
    }

    @Test
    void a_vm_outside_its_range_gets_no_rules() {
        Ipv4 stranger = Ipv4.parse("10.77.2.16");
        assertThatThrownBy(() -> HostRules.forWorker(stranger, PROJECT)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> GuestRules.forWorker(stranger, PROJECT, OVERLAY))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_broker_inside_the_project_gets_no_rules() {
        Endpoint inside = Endpoint.parse("10.77.1.1:8443");
        assertThatThrownBy(() -> HostRules.forCvm(CVM, PROJECT, inside)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> GuestRules.forCvm(CVM, PROJECT, OVERLAY, inside))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void an_overlay_that_is_the_underlay_gets_no_rules() {
        assertThatThrownBy(() -> GuestRules.forWorker(WORKER, PROJECT, Range.parse("10.77.0.0/16")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static String golden(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(RulesTest.class.getResourceAsStream(name), name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
