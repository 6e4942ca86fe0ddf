package cloister.vpn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.vpn.identity.MachineKey;
import cloister.vpn.testing.CharonInContainer;
import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Network;

/** Three machines of one project with Debian's charon: the hub, which is the controlling machine, and two workers. */
@Timeout(180)
class TunnelsIT {
    private static final Duration LIMIT = CharonInContainer.patience();
    private static final Duration SHORT = Duration.ofSeconds(3);
    private static final String OVERLAY = "10.99.0.0/24";
    private static final String HUB = "cvm.p7.cloister";
    private static final String FIRST = "w1-1.p7.cloister";
    private static final String SECOND = "w1-2.p7.cloister";

    @TempDir
    static Path folder;

    private static Network network;
    private static CharonInContainer hub;
    private static CharonInContainer first;
    private static CharonInContainer second;
    private static ProjectCa ca;

    private Tunnels hubTunnels;
    private Tunnels firstTunnels;
    private Tunnels secondTunnels;

    @BeforeAll
    static void build() throws IOException {
        network = Network.newNetwork();
        hub = new CharonInContainer(network, "10.99.0.1");
        first = new CharonInContainer(network, "10.99.0.16");
        second = new CharonInContainer(network, "10.99.0.17");
        ca = ProjectCa.create(folder.resolve("ca.pem"), Instant.now());
    }

    @AfterAll
    static void clear() throws IOException {
        second.close();
        first.close();
        hub.close();
        network.close();
    }

    @BeforeEach
    void start() throws Exception {
        for (CharonInContainer machine : List.of(hub, first, second)) {
            machine.startCharon();
        }
        hubTunnels = opened(hub, ca, HUB);
        firstTunnels = opened(first, ca, FIRST);
        secondTunnels = opened(second, ca, SECOND);
        hubTunnels.load(toFirst());
        firstTunnels.load(toHub(first, FIRST));
    }

    @AfterEach
    void stop() throws IOException {
        hubTunnels.close();
        firstTunnels.close();
        secondTunnels.close();
        for (CharonInContainer machine : List.of(hub, first, second)) {
            machine.killCharon();
        }
    }

    private static Tunnels opened(CharonInContainer machine, ProjectCa by, String name)
            throws CharonLost, CharonRefused {
        Tunnels tunnels = Tunnels.open(machine.socket(), LIMIT);
        MachineKey key = MachineKey.generate();
        tunnels.loadIdentity(key, certificate(by, key, name), by.ca());
        return tunnels;
    }

    private static X509Certificate certificate(ProjectCa by, MachineKey key, String name) {
        return by.sign(CertificateRequest.create(key, name), key.spki(), name, Duration.ofDays(1), Instant.now());
    }

    private static Tunnel toFirst() {
        return fromHub("w1-1", first, FIRST);
    }

    private static Tunnel fromHub(String name, CharonInContainer worker, String id) {
        return new Tunnel(name, hub.address(), worker.address(), HUB, id, OVERLAY, worker.overlay() + "/32", 0, false);
    }

    private static Tunnel toHub(CharonInContainer worker, String id) {
        return new Tunnel("cvm", worker.address(), hub.address(), id, HUB, worker.overlay() + "/32", OVERLAY, 0, false);
    }

    private static Sa up(Initiation initiation) {
        assertThat(initiation).isInstanceOf(Initiation.Up.class);
        return ((Initiation.Up) initiation).sa();
    }

    @Test
    void hub_brings_the_tunnel_up_and_traffic_goes_through_it() throws Exception {
        assertThat(hubTunnels.established()).isEmpty();
        Sa sa = up(hubTunnels.initiate("w1-1", LIMIT));
        assertThat(sa.name()).isEqualTo("w1-1");
        assertThat(sa.remoteId()).isEqualTo(FIRST);
        assertThat(sa.remoteAddress()).isEqualTo(first.address());
        assertThat(firstTunnels.established())
                .singleElement()
                .satisfies(seen -> assertThat(seen.remoteId()).isEqualTo(HUB))
                .satisfies(seen -> assertThat(seen.name()).isEqualTo("cvm"));
        assertThat(hub.reaches(first.overlay())).as(hub.log()).isTrue();
        assertThat(first.reaches(hub.overlay())).isTrue();
        Sa used = hubTunnels.established().getFirst();
        assertThat(used.bytesIn()).isPositive();
        assertThat(used.bytesOut()).isPositive();
    }

    @Test
    void loading_and_initiating_again_changes_nothing() throws Exception {
        Sa sa = up(hubTunnels.initiate("w1-1", LIMIT));
        hubTunnels.load(toFirst());
        firstTunnels.load(toHub(first, FIRST));
        assertThat(up(hubTunnels.initiate("w1-1", LIMIT)).uniqueId()).isEqualTo(sa.uniqueId());
        assertThat(hubTunnels.established()).hasSize(1);
        assertThat(hubTunnels.loaded()).containsExactly("w1-1");
        assertThat(hub.reaches(first.overlay())).isTrue();
    }

    @Test
    void two_who_initiate_at_once_get_one_tunnel() throws Exception {
        var one = inThread(() -> hubTunnels.initiate("w1-1", LIMIT));
        var two = inThread(() -> hubTunnels.initiate("w1-1", LIMIT));
        one.get(60, TimeUnit.SECONDS);
        two.get(60, TimeUnit.SECONDS);
        up(hubTunnels.initiate("w1-1", LIMIT));
        assertThat(hubTunnels.established()).hasSize(1);
    }

    @Test
    void impostor_of_another_authority_gets_no_tunnel_and_harms_none() throws Exception {
        Sa real = up(hubTunnels.initiate("w1-1", LIMIT));
        ProjectCa other = ProjectCa.create(folder.resolve("other-" + System.nanoTime() + ".pem"), Instant.now());
        try (Tunnels evil = opened(second, other, FIRST)) {
            // It claims to be the first worker, whose tunnel the hub would replace if it believed that.
            evil.load(toHub(second, FIRST));
            hubTunnels.load(fromHub("w1-2", second, FIRST));
            assertThat(evil.initiate("cvm", SHORT)).isInstanceOf(Initiation.NotUp.class);
            assertThat(hubTunnels.initiate("w1-2", SHORT)).isInstanceOf(Initiation.NotUp.class);
            assertThat(evil.established()).isEmpty();
        }
        assertThat(hubTunnels.established()).containsExactly(real);
        assertThat(hub.reaches(first.overlay())).isTrue();
    }

    @Test
    void member_of_the_project_cannot_take_another_s_name_or_address() throws Exception {
        Sa real = up(hubTunnels.initiate("w1-1", LIMIT));
        hubTunnels.load(fromHub("w1-2", second, SECOND));
        Tunnel asFirst = new Tunnel(
                "name", second.address(), hub.address(), FIRST, HUB, first.overlay() + "/32", OVERLAY, 0, false);
        Tunnel asItself = new Tunnel(
                "range", second.address(), hub.address(), SECOND, HUB, first.overlay() + "/32", OVERLAY, 0, false);
        secondTunnels.load(asFirst);
        assertThat(secondTunnels.initiate("name", SHORT)).isInstanceOf(Initiation.NotUp.class);
        secondTunnels.load(asItself);
        assertThat(secondTunnels.initiate("range", SHORT)).isInstanceOf(Initiation.NotUp.class);
        assertThat(hubTunnels.established()).containsExactly(real);
    }

    @Test
    void death_of_charon_is_noticed_at_once_and_everything_comes_back_after_reloading() throws Exception {
        up(hubTunnels.initiate("w1-1", LIMIT));
        try (TunnelChanges changes = TunnelChanges.open(hub.socket(), LIMIT)) {
            hub.killCharon();
            assertThatThrownBy(() -> {
                        while (changes.await(LIMIT)) {
                            assertThat(changes).isNotNull();
                        }
                    })
                    .isInstanceOf(CharonLost.class);
        }
        assertThatThrownBy(hubTunnels::established).isInstanceOf(CharonLost.class);
        assertThatThrownBy(() -> hubTunnels.initiate("w1-1", LIMIT)).isInstanceOf(CharonLost.class);
        assertThatThrownBy(() -> Tunnels.open(hub.socket(), LIMIT)).isInstanceOf(CharonLost.class);

        hub.startCharon();
        hubTunnels.close();
        hubTunnels = Tunnels.open(hub.socket(), LIMIT);
        assertThat(hubTunnels.loaded()).isEmpty();
        MachineKey key = MachineKey.generate();
        hubTunnels.loadIdentity(key, certificate(ca, key, HUB), ca.ca());
        hubTunnels.load(toFirst());
        up(hubTunnels.initiate("w1-1", LIMIT));
        assertThat(hub.reaches(first.overlay())).isTrue();
        assertThat(firstTunnels.established()).hasSize(1);
    }

    @Test
    void changes_are_announced() throws Exception {
        try (TunnelChanges changes = TunnelChanges.open(first.socket(), LIMIT)) {
            up(hubTunnels.initiate("w1-1", LIMIT));
            assertThat(changes.await(LIMIT)).isTrue();
        }
    }

    @Test
    void terminated_tunnel_is_gone_on_both_ends_and_an_unloaded_one_cannot_come_back() throws Exception {
        up(hubTunnels.initiate("w1-1", LIMIT));
        hubTunnels.unload("w1-1");
        assertThat(hubTunnels.established()).hasSize(1);
        hubTunnels.terminate("w1-1");
        assertThat(hubTunnels.established()).isEmpty();
        assertThat(firstTunnels.established()).isEmpty();
        assertThat(hub.reaches(first.overlay())).isFalse();
        hubTunnels.terminate("w1-1");
        hubTunnels.unload("w1-1");
        assertThat(hubTunnels.loaded()).isEmpty();
        assertThat(firstTunnels.initiate("cvm", SHORT)).isInstanceOf(Initiation.NotUp.class);
        assertThat(hubTunnels.initiate("w1-1", SHORT)).isInstanceOf(Initiation.NotUp.class);
    }

    @Test
    void workers_may_have_a_tunnel_of_their_own_beside_those_to_the_hub() throws Exception {
        up(hubTunnels.initiate("w1-1", LIMIT));
        firstTunnels.load(between(first, FIRST, second, SECOND, true));
        secondTunnels.load(between(second, SECOND, first, FIRST, false));
        assertThat(up(firstTunnels.initiate("mesh", LIMIT)).remoteId()).isEqualTo(SECOND);
        assertThat(first.reaches(second.overlay())).isTrue();
        assertThat(firstTunnels.established()).extracting(Sa::name).containsExactlyInAnyOrder("cvm", "mesh");
        assertThat(hub.reaches(first.overlay())).isTrue();

        long before = up(secondTunnels.initiate("mesh", LIMIT)).uniqueId();
        try (TunnelChanges changes = TunnelChanges.open(second.socket(), LIMIT)) {
            secondTunnels.terminate("mesh");
            while (secondTunnels.established().stream()
                    .noneMatch(sa -> sa.name().equals("mesh") && sa.uniqueId() != before)) {
                assertThat(changes.await(LIMIT))
                        .as("the end that keeps it brings it up again")
                        .isTrue();
            }
        }
    }

    private static Tunnel between(
            CharonInContainer here, String hereId, CharonInContainer there, String thereId, boolean kept) {
        return new Tunnel(
                "mesh",
                here.address(),
                there.address(),
                hereId,
                thereId,
                here.overlay() + "/32",
                there.overlay() + "/32",
                0,
                kept);
    }

    @Test
    void silent_peer_is_waited_for_as_long_as_was_said_while_other_commands_go_on() throws Exception {
        first.killCharon();
        long before = System.nanoTime();
        var waiting = inThread(() -> hubTunnels.initiate("w1-1", SHORT));
        assertThat(hubTunnels.established()).isEmpty();
        assertThat(hubTunnels.loaded()).containsExactly("w1-1");
        assertThat(waiting).isNotDone();
        assertThat(waiting.get(60, TimeUnit.SECONDS)).isInstanceOf(Initiation.NotUp.class);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isBetween(SHORT, SHORT.plusSeconds(20));
        first.startCharon();
    }

    @Test
    void tunnel_of_an_interface_is_taken() throws Exception {
        Tunnel plain = toFirst();
        hubTunnels.load(new Tunnel(
                "w1-1",
                plain.localAddress(),
                plain.remoteAddress(),
                plain.localId(),
                plain.remoteId(),
                plain.localTs(),
                plain.remoteTs(),
                42,
                false));
        assertThat(hubTunnels.loaded()).containsExactly("w1-1");
    }

    @Test
    void charon_says_which_key_exchanges_it_really_has() throws Exception {
        assertThat(hubTunnels.keyExchanges()).contains("ECP_384");
    }

    private interface Work<T> {
        T run() throws Exception;
    }

    private static <T> CompletableFuture<T> inThread(Work<T> work) {
        var result = new CompletableFuture<T>();
        Thread.ofVirtual().start(() -> {
            try {
                result.complete(work.run());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }
}
