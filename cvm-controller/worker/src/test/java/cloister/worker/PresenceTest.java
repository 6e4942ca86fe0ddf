package cloister.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.control.Account;
import cloister.control.ControlClient;
import cloister.control.Join;
import cloister.control.RefusalCode;
import cloister.control.Rejected;
import cloister.control.Status;
import cloister.control.Trouble;
import cloister.guest.Commands;
import cloister.guest.TimeScale;
import cloister.vpn.Tunnel;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker as its CVM meets it: over TLS, with everything behind it pretended. */
@Timeout(60)
class PresenceTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path root;

    private final List<String> ran = new CopyOnWriteArrayList<>();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private volatile boolean tunnel = true;
    private volatile boolean known = true;
    private volatile String failing = "nothing";
    private final Commands commands = command -> {
        ran.add(command.toString());
        return new Commands.Outcome.Finished(command.toString().contains(failing) ? 1 : 0, "", "no");
    };
    private final Vpn vpn = new Vpn() {
        @Override
        public void load(MachineKey key, X509Certificate own, X509Certificate ca, List<Tunnel> all) {
            known = true;
            all.forEach(tunnel -> ran.add("load " + tunnel.name()));
        }

        @Override
        public Optional<String> bringUp(String tunnel, Duration limit) {
            throw new IllegalStateException("this worker has no neighbours");
        }

        @Override
        public Set<String> carrying() {
            return tunnel ? Set.of("cvm") : Set.of();
        }

        @Override
        public boolean knows(String tunnel) throws IOException {
            if (!known) {
                throw new IOException("charon is gone");
            }
            return true;
        }
    };
    private Presence presence;

    @BeforeEach
    void boot() throws Exception {
        PretendGuest.make(root);
        presence = begin();
    }

    @AfterEach
    void stop() throws IOException {
        presence.close();
    }

    private Presence begin() throws IOException, InterruptedException {
        var hands = new GuestHands(
                Samples.boot(), Samples.KEY, commands, root, new TimeScale(1), vpn, (_, _, _) -> tunnel, log::add);
        return Presence.begin(
                Samples.boot(),
                Samples.KEY,
                hands,
                vpn,
                root,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                new TimeScale(1),
                log::add);
    }

    private ControlClient cvm() throws IOException {
        return ControlClient.open(
                new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), presence.server().port()),
                Samples.CVM,
                Samples.KEY.spki(),
                LIMIT);
    }

    private void await(Conditions.Condition condition, String what) throws Exception {
        Conditions.await(condition, LIMIT, what);
    }

    private void serving() throws Exception {
        await(() -> presence.worker().life() instanceof Life.Serving, "not serving");
    }

    @Test
    void a_worker_asks_for_a_certificate_joins_serves_and_leaves() throws Exception {
        try (var cvm = cvm()) {
            var request = new PKCS10CertificationRequest(cvm.csr());
            assertThat(request.getSubject()).hasToString("CN=w12-3.p7.cloister");
            assertThat(request.getSubjectPublicKeyInfo().getEncoded())
                    .isEqualTo(Samples.KEY.spki().der());
            cvm.join(Samples.join());
            serving();
            assertThat(cvm.status()).isEqualTo(new Status(true, true, true, true, true, 21, Trouble.NONE));
            assertThat(cvm.usage().cpuMillis()).isEqualTo(12_345);
            cvm.extend(Samples.END.getEpochSecond() + 60);
            cvm.leave();
        }
        await(() -> ran.contains("busybox poweroff -n -f"), "not turned off");
        assertThat(ran)
                .containsSubsequence(
                        "nft -f -",
                        "ip link set eth0 mtu 1450 up",
                        "load cvm",
                        "/usr/lib/cloister/nfs-mount 10.99.0.1 10.99.0.16",
                        "sv -w 30 up /run/service/slurmd",
                        "sv -w 10 force-stop /run/service/slurmd",
                        "umount /home",
                        "/usr/lib/cloister/power-off");
    }

    @Test
    void what_needs_a_join_is_refused_before_it() throws Exception {
        try (var cvm = cvm()) {
            assertThat(cvm.status().joined()).isFalse();
            refused(() -> cvm.extend(Samples.END.getEpochSecond()), RefusalCode.NOT_JOINED);
        }
    }

    @Test
    void a_join_for_another_worker_or_from_another_cvm_changes_nothing() throws Exception {
        Join join = Samples.join();
        try (var cvm = cvm()) {
            refused(
                    () -> cvm.join(changed("w12-4.p7.cloister", "10.77.7.10", "w12-4", "l12-4", 7)),
                    RefusalCode.NOT_THIS_WORKER);
            refused(
                    () -> cvm.join(changed("w12-3.p8.cloister", "10.77.7.10", "w12-3", "l12-3", 8)),
                    RefusalCode.NOT_THIS_WORKER);
            refused(
                    () -> cvm.join(changed(join.ownId(), "10.77.8.10", "w12-3", "l12-3", 7)),
                    RefusalCode.NOT_THIS_WORKER);
            refused(
                    () -> cvm.join(changed(join.ownId(), "10.77.7.16", "w12-3", "l12-3", 7)),
                    RefusalCode.NOT_THIS_WORKER);
        }
        assertThat(presence.worker().life()).isInstanceOf(Life.Waiting.class);
        assertThat(root.resolve("run/cloister/join.json")).doesNotExist();
    }

    private static Join changed(String ownId, String cvmAddress, String node, String instance, int project) {
        Join join = Samples.join();
        return new Join(
                join.certificatePem(),
                join.caPem(),
                join.overlayAddress(),
                join.overlayRange(),
                cvmAddress,
                join.cvmOverlay(),
                "cvm.p" + project + ".cloister",
                ownId,
                join.peers(),
                node,
                join.cpus(),
                join.realMemoryMiB(),
                join.gpuKind(),
                join.gpus(),
                join.slurmKey(),
                join.mounts(),
                join.owner(),
                join.accounts(),
                join.hosts(),
                join.endsAt(),
                instance);
    }

    @Test
    void a_worker_never_becomes_another_machine() throws Exception {
        try (var cvm = cvm()) {
            cvm.join(Samples.join());
            cvm.join(Samples.join());
            serving();
            refused(() -> cvm.join(Samples.join(List.of(), "10.99.0.17")), RefusalCode.JOINED_OTHERWISE);
            cvm.join(Samples.join(List.of(new Account("bob", 5002)), "10.99.0.16"));
            await(
                    () -> Files.readString(root.resolve("etc/passwd")).contains("bob:*:5002"),
                    "the new member has no account");
            serving();
            cvm.leave();
            refused(() -> cvm.join(Samples.join()), RefusalCode.LEAVING);
        }
    }

    @Test
    void what_fails_is_told_as_a_code_and_tried_until_it_goes_well() throws Exception {
        failing = "nfs-mount";
        try (var cvm = cvm()) {
            cvm.join(Samples.join());
            await(() -> asked(cvm).lastError() == Trouble.HOME, "no trouble was told");
            assertThat(cvm.status().joined()).isFalse();
            failing = "nothing";
            serving();
            assertThat(cvm.status().lastError()).isEqualTo(Trouble.NONE);
        }
    }

    private static Status asked(ControlClient cvm) throws IOException {
        try {
            return cvm.status();
        } catch (Rejected e) {
            throw new IOException(e);
        }
    }

    @Test
    void leaving_does_not_wait_for_a_tunnel_that_never_comes() throws Exception {
        tunnel = false;
        try (var cvm = cvm()) {
            cvm.join(Samples.join());
            await(() -> ran.contains("load cvm"), "the tunnel was not loaded");
            cvm.leave();
        }
        await(() -> ran.contains("busybox poweroff -n -f"), "not turned off");
        assertThat(ran).noneMatch(line -> line.contains("nfs-mount"));
    }

    @Test
    void a_restarted_controller_goes_on_where_it_was() throws Exception {
        try (var cvm = cvm()) {
            cvm.join(Samples.join());
            serving();
            cvm.extend(Samples.END.getEpochSecond() + 60);
        }
        presence.close();
        ran.clear();
        presence = begin();
        serving();
        assertThat(presence.worker().life())
                .isInstanceOfSatisfying(
                        Life.Serving.class,
                        serving -> assertThat(serving.join())
                                .isEqualTo(Samples.join().endingAt(Samples.END.getEpochSecond() + 60)));
        assertThat(ran)
                .as("the firewall with the overlay is not taken away in between")
                .doesNotContain("ip link set eth0 mtu 1450 up");
    }

    @Test
    void a_restarted_controller_goes_on_leaving() throws Exception {
        Files.createFile(GuestHands.leaving(root.resolve("run/cloister")));
        presence.close();
        ran.clear();
        presence = begin();
        await(() -> ran.contains("busybox poweroff -n -f"), "not turned off");
    }

    @Test
    void a_charon_that_was_restarted_is_loaded_again() throws Exception {
        try (var cvm = cvm()) {
            cvm.join(Samples.join());
        }
        serving();
        ran.clear();
        presence.worker().look();
        assertThat(presence.worker().life()).isInstanceOf(Life.Serving.class);
        known = false;
        presence.worker().look();
        await(() -> ran.contains("load cvm"), "charon was not loaded again");
        serving();
    }

    /** A request that may be refused. */
    private interface Asking {
        void ask() throws IOException, Rejected;
    }

    private static void refused(Asking asking, RefusalCode code) {
        assertThatThrownBy(asking::ask)
                .isInstanceOfSatisfying(
                        Rejected.class, refused -> assertThat(refused.code()).isEqualTo(code));
    }
}
