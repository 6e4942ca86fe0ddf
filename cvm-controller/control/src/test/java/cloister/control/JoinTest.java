package cloister.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import cloister.broker.GpuKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JoinTest {
    private static Join with(String field, Object value) {
        try {
            var components = Join.class.getRecordComponents();
            var types = new ArrayList<Class<?>>();
            var values = new ArrayList<Object>();
            for (var component : components) {
                types.add(component.getType());
                values.add(
                        component.getName().equals(field)
                                ? value
                                : component.getAccessor().invoke(Samples.join()));
            }
            return Join.class
                    .getDeclaredConstructor(types.toArray(Class[]::new))
                    .newInstance(values.toArray());
        } catch (java.lang.reflect.InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException refused) {
                throw refused;
            }
            throw new IllegalStateException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void every_field_has_bounds() {
        Map<String, List<Object>> bad = new HashMap<>();
        bad.put("certificatePem", List.of("", Samples.PEM + Samples.PEM.repeat(200), "-----BEGIN PRIVATE KEY-----\n"));
        bad.put("caPem", List.of("x", Samples.PEM.replace("MIIB", "MI\u0000B")));
        bad.put("overlayAddress", List.of("10.99.0.1", "10.98.0.16", "worker", "10.99.0.016", "::1"));
        bad.put("overlayRange", List.of("10.99.0.0", "10.99.0.1/24", "10.99.0.0/33", "0.0.0.0/0", "10.0.0.0/8"));
        bad.put("cvmAddress", List.of("10.99.0.200", "10.77.7", "10.77.7.10;reboot"));
        bad.put("cvmOverlay", List.of("10.77.7.10", "10.99.0.16", ""));
        bad.put("cvmId", List.of("cvm.p8.cloister", "cvm.p07.cloister", "%any", "cvm.p99999999999.cloister"));
        bad.put("ownId", List.of("w12-4.p7.cloister", "w12-3.p8.cloister", "*", "w012-3.p7.cloister"));
        bad.put("nodeName", List.of("w12-4", "w12-3 --conf x", "W12-3", "../w12-3"));
        bad.put("instanceId", List.of("l12-4", "w12-3", "l12-3\n-b"));
        bad.put("cpus", List.of(0, -1, 1025));
        bad.put("realMemoryMiB", List.of(0, 16 * 1024 * 1024 + 1));
        bad.put("gpuKind", List.of(GpuKind.NONE));
        bad.put("gpus", List.of(0, -1, 17));
        bad.put("owner", List.of(-1, 5003));
        bad.put("mounts", List.of(List.of(Mount.HOME, Mount.HOME)));
        bad.put(
                "peers",
                List.of(
                        List.of(new Peer("w12-4.p7.cloister", "10.77.7.17", "10.98.0.17")),
                        List.of(
                                new Peer("w12-4.p7.cloister", "10.77.7.17", "10.99.0.17"),
                                new Peer("w12-4.p7.cloister", "10.77.7.18", "10.99.0.18"))));
        bad.put(
                "accounts",
                List.of(
                        List.of(new Account("alice", 5001), new Account("alice", 5002)),
                        List.of(new Account("alice", 5001), new Account("bob", 5001))));
        bad.put(
                "hosts",
                List.of(
                        List.of(new HostEntry("cvm", "8.8.8.8")),
                        List.of(new HostEntry("cvm", "10.99.0.1"), new HostEntry("cvm", "10.99.0.2"))));
        bad.put("endsAt", List.of(0L, -1L, Long.MAX_VALUE));
        bad.forEach((field, values) -> values.forEach(value ->
                assertThatIllegalArgumentException().as(field + " " + value).isThrownBy(() -> with(field, value))));
        for (var component : Join.class.getRecordComponents()) {
            assertThat(bad.containsKey(component.getName()) || component.getType() == ClusterKey.class)
                    .as(component.getName())
                    .isTrue();
        }
    }

    @Test
    void accounts_and_hosts_have_bounds() {
        for (String login : List.of("", "Alice", "alice\n", "a".repeat(32), "../x", "1a", "a:b")) {
            assertThatIllegalArgumentException().as(login).isThrownBy(() -> new Account(login, 5001));
        }
        for (int uid : new int[] {-1, 0, 64030, 4999, 60000}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new Account("alice", uid));
        }
        for (String name : List.of("localhost", "a b", "a.b", "")) {
            assertThatIllegalArgumentException().as(name).isThrownBy(() -> new HostEntry(name, "10.99.0.1"));
        }
    }

    @Test
    void the_cluster_key_has_bounds_and_prints_nothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> ClusterKey.of(new byte[31]));
        assertThatIllegalArgumentException().isThrownBy(() -> ClusterKey.of(new byte[2049]));
        assertThat(Samples.join().toString()).contains("ClusterKey[secret]").doesNotContain("AAECAw");
    }

    @Test
    void only_lists_the_end_and_a_renewed_certificate_may_change() {
        Join join = Samples.join();
        assertThat(join.sameMachine(join.endingAt(1_900_000_000L))).isTrue();
        assertThat(join.sameMachine(with("certificatePem", Samples.PEM.replace("MIIB", "MIIC"))))
                .isTrue();
        assertThat(join.sameMachine(with("accounts", List.of(new Account("bob", 5002)))))
                .isTrue();
        assertThat(join.sameMachine(with("hosts", List.of()))).isTrue();
        assertThat(join.sameMachine(with("peers", List.of()))).isTrue();
        assertThat(join.sameMachine(with("caPem", Samples.PEM.replace("MIIB", "MIIC"))))
                .isFalse();
        assertThat(join.sameMachine(with("overlayAddress", "10.99.0.18"))).isFalse();
        assertThat(join.sameMachine(with("slurmKey", ClusterKey.of(new byte[32]))))
                .isFalse();
        assertThat(join.sameMachine(with("cpus", 3))).isFalse();
        assertThat(join.sameMachine(with("gpus", 2))).isFalse();
        assertThat(join.sameMachine(with("gpuKind", GpuKind.C))).isFalse();
        assertThat(join.sameMachine(with("mounts", List.of()))).isFalse();
        assertThat(join.sameMachine(with("owner", 0))).isFalse();
    }
}
