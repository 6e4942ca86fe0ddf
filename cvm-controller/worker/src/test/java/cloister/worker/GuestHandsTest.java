package cloister.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import cloister.broker.GpuKind;
import cloister.control.Account;
import cloister.control.Join;
import cloister.control.KeptJoin;
import cloister.control.Peer;
import cloister.guest.Commands;
import cloister.guest.TimeScale;
import cloister.vpn.Tunnel;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GuestHandsTest {
    @TempDir
    Path root;

    private final List<String> ran = new ArrayList<>();
    private final List<String> inputs = new ArrayList<>();
    private final List<Tunnel> loaded = new ArrayList<>();
    private final List<String> begun = new ArrayList<>();
    private final Set<String> carrying = new HashSet<>(Set.of("cvm"));
    private final List<String> said = new ArrayList<>();
    private final List<String> reached = new ArrayList<>();
    private String failing = "nothing";
    private String output = "";

    private final Commands commands = command -> {
        ran.add(command.toString());
        inputs.add(new String(command.input(), StandardCharsets.UTF_8));
        return new Commands.Outcome.Finished(command.toString().contains(failing) ? 1 : 0, output, "no");
    };

    private final Vpn vpn = new Vpn() {
        @Override
        public void load(MachineKey key, X509Certificate own, X509Certificate ca, List<Tunnel> all) {
            if (!own.getPublicKey().equals(key.certificate().getPublicKey())) {
                throw new IllegalArgumentException("the certificate is for another key");
            }
            loaded.addAll(all);
        }

        @Override
        public Optional<String> bringUp(String tunnel, Duration limit) {
            begun.add(tunnel);
            // The other end may not have been told yet.
            if (begun.size() > 1) {
                carrying.add(tunnel);
                return Optional.empty();
            }
            return Optional.of("no answer");
        }

        @Override
        public Set<String> carrying() {
            return Set.copyOf(carrying);
        }

        @Override
        public boolean knows(String tunnel) {
            return true;
        }
    };

    @BeforeEach
    void pretend() throws IOException {
        PretendGuest.make(root);
    }

    private GuestHands hands() {
        return hands(Samples.KEY);
    }

    private GuestHands hands(MachineKey key) {
        Reach reach = (from, to, port) -> {
            reached.add(from + " " + to + ":" + port);
            return reached.size() > 2;
        };
        return new GuestHands(Samples.boot(), key, commands, root, new TimeScale(1), vpn, reach, said::add);
    }

    @Test
    void the_firewall_stands_before_the_underlay_is_up() throws Exception {
        hands().underlay();
        assertThat(ran.getFirst()).isEqualTo("nft -f -");
        assertThat(ran.indexOf("ip link set eth0 mtu 1450 up")).isPositive();
        ran.clear();
        failing = "nft";
        assertThatThrownBy(() -> hands().underlay()).isInstanceOf(IOException.class);
        assertThat(ran).as("no network without a firewall").containsExactly("nft -f -");
    }

    @Test
    void members_get_accounts_below_the_images_own_and_names_an_address() throws Exception {
        hands().join(Stage.NAMES, Samples.join(List.of(new Account("carol", 5003)), "10.99.0.16"));
        hands().join(Stage.NAMES, Samples.join());
        assertThat(root.resolve("etc/passwd")).hasContent("""
                        root:x:0:0:root:/root:/bin/sh
                        slurm:x:64030:64030::/:/bin/false
                        alice:*:5001:5001::/home/alice:/bin/bash
                        """);
        assertThat(root.resolve("etc/group")).hasContent("""
                        root:x:0:
                        slurm:x:64030:
                        alice:x:5001:
                        """);
        assertThat(root.resolve("etc/hosts")).hasContent("127.0.0.1 localhost\n10.99.0.1 cvm\n10.99.0.16 w12-3\n");
    }

    @Test
    void a_member_never_takes_an_account_of_the_image() {
        var slurm = Samples.join(List.of(new Account("slurm", 5001)), "10.99.0.16");
        assertThatThrownBy(() -> hands().join(Stage.NAMES, slurm))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("slurm");
        assertThat(root.resolve("etc/passwd")).content().doesNotContain("5001");
    }

    @Test
    void the_clusters_key_is_slurms_alone() throws Exception {
        hands().join(Stage.CLUSTER_KEY, Samples.join());
        Path file = root.resolve("etc/slurm/slurm.key");
        assertThat(Files.readAllBytes(file)).isEqualTo(new byte[32]);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(ran).containsExactly("chown slurm:slurm " + file);
    }

    @Test
    void the_overlay_comes_up_behind_its_firewall() throws Exception {
        hands().join(Stage.OVERLAY, Samples.join());
        assertThat(ran.getFirst()).isEqualTo("nft -f -");
        assertThat(inputs.getFirst()).contains("iifname \"xfrm0\" ip saddr 10.99.0.0/24");
        assertThat(ran).contains("ip link add xfrm0 type xfrm dev eth0 if_id 42");
    }

    @Test
    void the_tunnel_goes_to_the_cvm_and_holds_nothing_but_the_overlay() throws Exception {
        hands().join(Stage.VPN, Samples.join());
        assertThat(loaded)
                .containsExactly(new Tunnel(
                        "cvm",
                        "10.77.7.16",
                        "10.77.7.10",
                        "w12-3.p7.cloister",
                        "cvm.p7.cloister",
                        "10.99.0.16/32",
                        "10.99.0.0/24",
                        42,
                        false));
    }

    private static Peer peer(int worker) {
        return new Peer("w12-" + worker + ".p7.cloister", "10.77.7." + (20 + worker), "10.99.0." + (20 + worker));
    }

    @Test
    void of_two_workers_the_one_with_the_lower_number_begins_and_keeps_the_tunnel() throws Exception {
        Join join = Samples.join(List.of(peer(1), peer(10)));
        hands().join(Stage.VPN, join);
        assertThat(loaded)
                .extracting(Tunnel::name, Tunnel::remoteAddress, Tunnel::remoteTs, Tunnel::kept)
                .containsExactly(
                        tuple("cvm", "10.77.7.10", "10.99.0.0/24", false),
                        tuple("w12-1", "10.77.7.21", "10.99.0.21/32", false),
                        tuple("w12-10", "10.77.7.30", "10.99.0.30/32", true));
        carrying.add("w12-1");
        hands().join(Stage.NEIGHBOURS, join);
        assertThat(begun).as("again until it carries").containsExactly("w12-10", "w12-10");
    }

    @Test
    void a_neighbour_that_does_not_come_is_done_without_in_words() throws Exception {
        new Neighbours(vpn, said::add).meet(Samples.join(List.of(peer(1))), Duration.ofMillis(10));
        assertThat(begun).isEmpty();
        assertThat(said)
                .containsExactly(
                        "no direct tunnel to w12-1, what goes there goes through the CVM: not begun from there");
    }

    @Test
    void a_certificate_for_another_key_is_a_failure_of_the_vpn() {
        assertThatThrownBy(() -> hands(MachineKey.generate()).join(Stage.VPN, Samples.join()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not for this worker");
        assertThat(loaded).isEmpty();
    }

    @Test
    void the_tunnel_is_waited_for_until_it_carries_tcp_to_the_file_server() throws Exception {
        hands().join(Stage.TUNNEL, Samples.join());
        assertThat(reached).hasSize(3).containsOnly("10.99.0.16 10.99.0.1:2049");
    }

    @Test
    void home_is_mounted_over_the_overlay_and_scratch_looked_for() throws Exception {
        hands().join(Stage.HOME, Samples.join());
        assertThat(ran).containsExactly("/usr/lib/cloister/nfs-mount 10.99.0.1 10.99.0.16");
        ran.clear();
        hands().join(Stage.SCRATCH, Samples.join());
        assertThat(ran).isEmpty();
        Files.writeString(root.resolve("proc/self/mounts"), "proc /proc proc rw 0 0\n");
        assertThatThrownBy(() -> hands().join(Stage.SCRATCH, Samples.join())).isInstanceOf(IOException.class);
        assertThat(ran).containsExactly("nice -n 19 /usr/lib/cloister/scratch");
    }

    @Test
    void a_worker_with_an_owner_mounts_that_home_alone_and_is_found_by_that_owners_jobs() throws Exception {
        hands().join(Stage.HOME, Samples.own());
        assertThat(ran).containsExactly("/usr/lib/cloister/nfs-mount 10.99.0.1 10.99.0.16 bob");
        hands().join(Stage.SLURMD, Samples.own());
        assertThat(root.resolve("run/cloister/slurmd.args")).content().contains(" Feature=u5002,lease-12\n");
        ran.clear();
        Files.writeString(root.resolve("proc/self/mounts"), "10.99.0.1:/ /home/bob nfs4 rw 0 0\n");
        hands().stop();
        assertThat(ran).containsExactly("sv -w 10 force-stop /run/service/slurmd", "umount /home/bob");
    }

    @Test
    void slurmd_gets_its_arguments_one_a_line_and_is_waited_for() throws Exception {
        hands().join(Stage.SLURMD, Samples.join());
        assertThat(root.resolve("run/cloister/slurmd.args"))
                .hasContent("""
                        -Z
                        -N
                        w12-3
                        --conf-server
                        10.99.0.1:6817
                        --conf
                        CPUs=2 RealMemory=1848 TmpDisk=%d
                        --instance-id
                        l12-3
                        """.formatted(Files.getFileStore(root).getTotalSpace() / 1024 / 1024));
        assertThat(ran).containsExactly("scontrol show node w12-3", "sv -w 30 up /run/service/slurmd");
    }

    @Test
    void a_slurmd_that_was_forgotten_registers_anew() throws Exception {
        failing = "scontrol";
        output = "Node w12-3 not found\n";
        hands().join(Stage.SLURMD, Samples.join());
        assertThat(ran).containsExactly("scontrol show node w12-3", "sv -w 30 restart /run/service/slurmd");

        ran.clear();
        output = "slurm_load_node error: Unable to contact slurm controller (connect failure)\n";
        assertThatThrownBy(() -> hands().join(Stage.SLURMD, Samples.join())).isInstanceOf(IOException.class);
        assertThat(ran).as("nothing is done on a guess").containsExactly("scontrol show node w12-3");
    }

    @Test
    void slurmd_offers_the_gpus_of_the_lease() throws Exception {
        hands().join(Stage.SLURMD, Samples.join(GpuKind.B, 2));
        assertThat(root.resolve("run/cloister/slurmd.args"))
                .content()
                .contains(" Gres=gpu:b:2 Feature=gpu-b Weight=100\n--instance-id\n");
    }

    @Test
    void the_names_in_gres_conf_lead_to_the_devices_and_all_of_them_are_there() throws Exception {
        Files.createDirectories(root.resolve("dev"));
        for (String device : List.of("nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm")) {
            Files.createFile(root.resolve("dev").resolve(device));
        }
        hands().join(Stage.GPUS, Samples.join(GpuKind.B, 2));
        // Again, as after a lost tunnel.
        hands().join(Stage.GPUS, Samples.join(GpuKind.B, 2));
        Path names = root.resolve("run/cloister/gpu");
        assertThat(Files.readSymbolicLink(names.resolve("b0"))).isEqualTo(root.resolve("dev/nvidia2"));
        assertThat(Files.readSymbolicLink(names.resolve("b1"))).isEqualTo(root.resolve("dev/nvidia10"));
        assertThat(names.resolve("b2")).isRegularFile();
        try (var all = Files.list(names)) {
            assertThat(all).hasSize(48);
        }
        hands().join(Stage.GPUS, Samples.join());
        assertThat(names.resolve("b0")).isRegularFile();
    }

    @Test
    void gpus_without_a_device_of_nvidias_are_found_where_linux_lists_the_others() throws Exception {
        Files.createDirectories(root.resolve("dev/dri"));
        Files.createFile(root.resolve("dev/dri/card0"));
        Files.createFile(root.resolve("dev/dri/renderD128"));
        hands().join(Stage.GPUS, Samples.join(GpuKind.A, 1));
        assertThat(Files.readSymbolicLink(root.resolve("run/cloister/gpu/a0")))
                .isEqualTo(root.resolve("dev/dri/renderD128"));
    }

    @Test
    void a_worker_without_the_gpus_of_its_lease_says_so() throws Exception {
        Files.createDirectories(root.resolve("dev"));
        Files.createFile(root.resolve("dev/nvidia0"));
        assertThatThrownBy(() -> hands().join(Stage.GPUS, Samples.join(GpuKind.A, 2)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the lease has 2 GPUs, and this machine has 1 of the devices");
    }

    @Test
    void a_join_is_kept_for_root_alone() throws Exception {
        hands().keep(Samples.join());
        Path kept = root.resolve("run/cloister/join.json");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
                .isEqualTo("rw-------");
        assertThat(KeptJoin.read(Files.readAllBytes(kept))).isEqualTo(Samples.join());
    }

    @Test
    void stopping_is_remembered_then_slurmd_ended_then_home_let_go() throws Exception {
        hands().stop();
        assertThat(ran).containsExactly("sv -w 10 force-stop /run/service/slurmd", "umount /home");
        assertThat(GuestHands.leaving(root.resolve("run/cloister"))).exists();
    }

    @Test
    void a_machine_that_does_not_turn_off_gently_is_turned_off() {
        assertThatThrownBy(() -> hands().powerOff(Life.Why.GIVEN_BACK)).isInstanceOf(IOException.class);
        assertThat(ran).containsExactly("/usr/lib/cloister/power-off", "busybox poweroff -n -f");
    }
}
