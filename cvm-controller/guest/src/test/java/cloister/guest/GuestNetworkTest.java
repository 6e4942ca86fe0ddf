package cloister.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestNetworkTest {
    @TempDir
    Path root;

    private final List<String> ran = new ArrayList<>();
    private final List<String> inputs = new ArrayList<>();
    private final Commands commands = command -> {
        ran.add(command.toString());
        inputs.add(new String(command.input(), StandardCharsets.UTF_8));
        return new Commands.Outcome.Finished(0, "", "");
    };

    @BeforeEach
    void folders() throws IOException {
        for (String folder : List.of(
                "etc",
                "proc/sys/kernel",
                "sys/class/net",
                "proc/sys/net/ipv4/conf/all",
                "proc/sys/net/ipv4/conf/xfrm0")) {
            Files.createDirectories(root.resolve(folder));
        }
    }

    private GuestNetwork network() {
        return new GuestNetwork(commands, root);
    }

    @Test
    void the_underlay_gets_name_address_and_mtu() throws Exception {
        network().underlay(Boot.of(Lines.worker(Lines.nonce(1))));
        assertThat(root.resolve("proc/sys/kernel/hostname")).hasContent("w12-3");
        assertThat(ran)
                .containsExactly(
                        "ip link set lo up",
                        "ip address replace 10.77.7.16/16 dev eth0",
                        "ip link set eth0 mtu 1450 up");
    }

    @Test
    void the_overlay_is_made_once_and_set_each_time() throws Exception {
        network().overlay(Ipv4.parse("10.99.0.16"), Range.parse("10.99.0.0/24"));
        assertThat(ran)
                .containsExactly(
                        "ip link add xfrm0 type xfrm dev eth0 if_id 42",
                        "ip address replace 10.99.0.16/32 dev xfrm0",
                        "ip link set xfrm0 mtu 1380 up",
                        "ip route replace 10.99.0.0/24 dev xfrm0 src 10.99.0.16");
        Files.createDirectories(root.resolve("sys/class/net/xfrm0"));
        ran.clear();
        network().overlay(Ipv4.parse("10.99.0.16"), Range.parse("10.99.0.0/24"));
        assertThat(ran).hasSize(3).noneMatch(line -> line.contains("link add"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> network().overlay(Ipv4.parse("10.98.0.16"), Range.parse("10.99.0.0/24")));
    }

    @Test
    void the_firewall_is_given_to_nft_on_its_standard_input() throws Exception {
        network().firewall("flush ruleset\n");
        assertThat(ran).containsExactly("nft -f -");
        assertThat(inputs).containsExactly("flush ruleset\n");
    }

    @Test
    void only_the_given_names_are_resolved() throws Exception {
        network().hosts(new TreeMap<>(Map.of("cvm", Ipv4.parse("10.99.0.1"), "w12-3", Ipv4.parse("10.99.0.16"))));
        assertThat(root.resolve("etc/hosts")).hasContent("127.0.0.1 localhost\n10.99.0.1 cvm\n10.99.0.16 w12-3\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("etc/hosts"))))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void the_hub_forwards_and_sends_no_redirects() throws Exception {
        network().hub();
        assertThat(root.resolve("proc/sys/net/ipv4/ip_forward")).hasContent("1");
        assertThat(root.resolve("proc/sys/net/ipv4/conf/all/send_redirects")).hasContent("0");
        assertThat(root.resolve("proc/sys/net/ipv4/conf/xfrm0/send_redirects")).hasContent("0");
    }

    @Test
    void private_files_are_the_owners_alone() throws Exception {
        Path file = root.resolve("key");
        PrivateFiles.write(file, new byte[] {1});
        PrivateFiles.write(file, new byte[] {2});
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.readAllBytes(file)).containsExactly(2);
        try (var all = Files.list(root)) {
            assertThat(all.filter(path -> path.getFileName().toString().endsWith(".tmp")))
                    .isEmpty();
        }
    }

    @Test
    void the_clock_is_set_where_it_differs() throws Exception {
        var clock = new GuestClock(commands);
        clock.set(Instant.now());
        assertThat(ran).isEmpty();
        clock.set(Instant.ofEpochMilli(1_790_000_000_007L));
        assertThat(ran).containsExactly("date -u -s @1790000000.007");
    }

    @Test
    void limits_are_stretched_by_one_factor() {
        assertThat(TimeScale.of(Map.of()).factor()).isEqualTo(1);
        assertThat(TimeScale.of(Map.of("CLOISTER_TIME_SCALE", "4")).stretch(Duration.ofSeconds(3)))
                .isEqualTo(Duration.ofSeconds(12));
        assertThatIllegalArgumentException().isThrownBy(() -> TimeScale.of(Map.of("CLOISTER_TIME_SCALE", "0")));
        assertThatIllegalArgumentException().isThrownBy(() -> TimeScale.of(Map.of("CLOISTER_TIME_SCALE", "four")));
    }
}
