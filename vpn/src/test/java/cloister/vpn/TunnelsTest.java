package cloister.vpn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Pem;
import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import cloister.vpn.vici.Message;
import cloister.vpn.vici.Packet;
import cloister.vpn.vici.testing.FakeCharon;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a daemon that answers as charon was seen to, and notes what it is asked. */
@Timeout(30)
class TunnelsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final String NAME = "w1-1.p7.cloister";
    private static final Tunnel TUNNEL = new Tunnel(
            "w1-1", "10.77.7.10", "10.77.7.16", "cvm.p7.cloister", NAME, "10.99.0.0/24", "10.99.0.16/32", 42, false);

    @TempDir
    Path folder;

    private final List<Packet.CommandRequest> asked = new CopyOnWriteArrayList<>();
    private final Map<String, Message> answers = new ConcurrentHashMap<>();
    private final List<Message> associations = new CopyOnWriteArrayList<>();
    private final MachineKey key = MachineKey.generate();
    private ProjectCa ca;
    private FakeCharon charon;
    private Tunnels tunnels;

    @BeforeEach
    void start() throws IOException {
        ca = ProjectCa.create(folder.resolve("ca.pem"), Instant.EPOCH);
        charon = FakeCharon.start(folder, line -> {
            while (true) {
                switch (line.read()) {
                    case Packet.EventRegister(String name) -> line.write(new Packet.EventConfirm());
                    case Packet.EventUnregister(String name) -> line.write(new Packet.EventConfirm());
                    case Packet.CommandRequest request -> {
                        asked.add(request);
                        if (request.name().equals("list-sas")) {
                            for (Message association : associations) {
                                line.write(new Packet.Event("list-sa", association));
                            }
                        }
                        line.write(new Packet.CommandResponse(answers.getOrDefault(
                                request.name(),
                                Message.builder().put("success", "yes").build())));
                    }
                    default -> throw new IOException("a client does not send that");
                }
            }
        });
        tunnels = Tunnels.open(charon.socket(), PATIENCE);
    }

    @AfterEach
    void stop() throws IOException {
        tunnels.close();
        charon.close();
        assertThat(charon.faults()).isEmpty();
    }

    private X509Certificate certificate(MachineKey of, ProjectCa by) {
        return by.sign(CertificateRequest.create(of, NAME), of.spki(), NAME, Duration.ofDays(1), Instant.EPOCH);
    }

    private void loadIdentity() throws IOException, CharonRefused {
        tunnels.loadIdentity(key, certificate(key, ca), ca.ca());
    }

    private List<String> commands() {
        return asked.stream().map(Packet.CommandRequest::name).toList();
    }

    private static Message no(String why) {
        return Message.builder().put("success", "no").put("errmsg", why).build();
    }

    private static Message association(String name, String state, String childState) {
        var child = Message.builder()
                .put("name", name)
                .put("state", childState)
                .put("bytes-in", "10")
                .put("bytes-out", "20");
        return Message.builder()
                .section(
                        name,
                        Message.builder()
                                .put("uniqueid", "3")
                                .put("state", state)
                                .put("remote-host", "10.77.7.16")
                                .put("remote-id", NAME)
                                .section("child-sas", Message.builder().section(name + "-5", child)))
                .build();
    }

    @Test
    void identity_is_the_authority_and_the_key_and_replaces_what_was_there() throws Exception {
        loadIdentity();
        assertThat(commands()).containsExactly("clear-creds", "load-cert", "load-key");
        Message authority = asked.get(1).message();
        assertThat(authority.text("flag")).contains("CA");
        assertThat(authority.text("data")).contains(Pem.of(ca.ca()));
        assertThat(asked.get(2).message().text("data")).contains(new String(key.pem(), StandardCharsets.US_ASCII));
    }

    @Test
    void certificate_for_another_key_or_by_another_authority_reaches_no_charon() throws Exception {
        ProjectCa other = ProjectCa.create(folder.resolve("other.pem"), Instant.EPOCH);
        X509Certificate foreign = certificate(MachineKey.generate(), ca);
        assertThatThrownBy(() -> tunnels.loadIdentity(key, foreign, ca.ca()))
                .isInstanceOf(IllegalArgumentException.class);
        X509Certificate fromOther = certificate(key, other);
        assertThatThrownBy(() -> tunnels.loadIdentity(key, fromOther, ca.ca()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(asked).isEmpty();
    }

    @Test
    void tunnel_before_its_identity_is_a_mistake_of_the_caller() {
        assertThatThrownBy(() -> tunnels.load(TUNNEL)).isInstanceOf(IllegalStateException.class);
        assertThat(asked).isEmpty();
    }

    @Test
    void tunnel_is_loaded_with_every_setting_that_security_hangs_on() throws Exception {
        loadIdentity();
        tunnels.load(TUNNEL);
        Message connection = asked.getLast().message().section("w1-1").orElseThrow();
        assertThat(connection.list("local_addrs")).containsExactly("10.77.7.10");
        assertThat(connection.list("remote_addrs")).containsExactly("10.77.7.16");
        assertThat(connection.list("proposals")).containsExactly("aes256gcm16-prfsha384-ecp384");
        assertThat(connection.text("version")).contains("2");
        Message local = connection.section("local").orElseThrow();
        assertThat(local.text("auth")).contains("pubkey");
        assertThat(local.list("certs")).containsExactly(Pem.of(certificate(local)));
        Message remote = connection.section("remote").orElseThrow();
        assertThat(remote.text("auth")).contains("pubkey");
        assertThat(remote.text("id")).contains(NAME);
        assertThat(remote.list("cacerts")).containsExactly(Pem.of(ca.ca()));
        Message child =
                connection.section("children").orElseThrow().section("w1-1").orElseThrow();
        assertThat(child.list("local_ts")).containsExactly("10.99.0.0/24");
        assertThat(child.list("remote_ts")).containsExactly("10.99.0.16/32");
        assertThat(child.list("esp_proposals")).containsExactly("aes256gcm16-ecp384");
        assertThat(child.text("start_action")).contains("none");
        assertThat(child.text("mode")).contains("tunnel");
        assertThat(child.text("if_id_in")).contains("42");
        assertThat(child.text("if_id_out")).contains("42");
    }

    private static X509Certificate certificate(Message local) {
        return Pem.certificate(local.list("certs").getFirst());
    }

    @Test
    void refusal_of_a_tunnel_says_why() throws Exception {
        loadIdentity();
        answers.put("load-conn", no("unknown option: bogus, config discarded"));
        assertThatThrownBy(() -> tunnels.load(TUNNEL))
                .isInstanceOf(CharonRefused.class)
                .hasMessageContaining("bogus");
    }

    @Test
    void only_what_carries_traffic_is_established() throws Exception {
        associations.add(association("up", "ESTABLISHED", "INSTALLED"));
        associations.add(association("rekeying", "REKEYING", "REKEYED"));
        associations.add(association("claimed", "CONNECTING", "INSTALLED"));
        associations.add(association("halfway", "ESTABLISHED", "CREATED"));
        associations.add(association("leaving", "DELETING", "INSTALLED"));
        assertThat(tunnels.established()).extracting(Sa::name).containsExactly("up", "rekeying");
        assertThat(tunnels.established().getFirst()).isEqualTo(new Sa("up", 3, NAME, "10.77.7.16", 10, 20));
    }

    @Test
    void nothing_is_initiated_that_is_up() throws Exception {
        associations.add(association("w1-1", "ESTABLISHED", "INSTALLED"));
        assertThat(tunnels.initiate("w1-1", SHORT)).isInstanceOf(Initiation.Up.class);
        assertThat(commands()).containsExactly("list-sas");
    }

    @Test
    void no_to_an_initiation_counts_only_when_the_tunnel_is_not_up() throws Exception {
        answers.put("initiate", no("establishing CHILD_SA 'w1-1' failed"));
        assertThat(tunnels.initiate("w1-1", SHORT))
                .isInstanceOfSatisfying(
                        Initiation.NotUp.class, notUp -> assertThat(notUp.why()).contains("establishing"));
        assertThat(asked.get(1).message().text("timeout")).contains("200");
        assertThat(charon.conversationsOpened()).isEqualTo(2);
    }

    @Test
    void yes_to_an_initiation_counts_only_when_the_tunnel_is_up() throws Exception {
        assertThat(tunnels.initiate("w1-1", SHORT)).isInstanceOf(Initiation.NotUp.class);
    }

    @Test
    void waits_without_an_end_and_names_of_nothing_are_mistakes_of_the_caller() {
        for (Duration wrong : List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofNanos(1), Duration.ofHours(1))) {
            assertThatThrownBy(() -> tunnels.initiate("w1-1", wrong)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Tunnels.open(charon.socket(), wrong)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> tunnels.terminate("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tunnels.initiate("", SHORT)).isInstanceOf(IllegalArgumentException.class);
        assertThat(asked).isEmpty();
    }

    @Test
    void identity_that_was_refused_carries_no_tunnel() throws Exception {
        loadIdentity();
        answers.put("load-key", no("parsing any private key failed"));
        assertThatThrownBy(this::loadIdentity).isInstanceOf(CharonRefused.class);
        assertThatThrownBy(() -> tunnels.load(TUNNEL)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void termination_of_nothing_is_fine_and_any_other_no_is_not() throws Exception {
        answers.put(
                "terminate",
                Message.builder()
                        .put("success", "no")
                        .put("matches", "0")
                        .put("terminated", "0")
                        .put("errmsg", "no matching SAs to terminate found")
                        .build());
        tunnels.terminate("w1-1");
        assertThat(asked.getLast().message().text("ike")).contains("w1-1");
        answers.put("terminate", no("missing terminate selector"));
        assertThatThrownBy(() -> tunnels.terminate("w1-1")).isInstanceOf(CharonRefused.class);
    }

    @Test
    void only_what_is_loaded_is_unloaded() throws Exception {
        answers.put("get-conns", Message.builder().list("conns", "w1-1").build());
        tunnels.unload("w1-2");
        assertThat(commands()).containsExactly("get-conns");
        tunnels.unload("w1-1");
        assertThat(commands()).containsExactly("get-conns", "get-conns", "unload-conn");
    }

    @Test
    void key_exchanges_are_read_from_what_the_daemon_has() throws Exception {
        answers.put(
                "get-algorithms",
                Message.builder()
                        .section(
                                "ke",
                                Message.builder().put("ECP_384", "openssl").put("ML_KEM_768", "ml"))
                        .build());
        assertThat(tunnels.keyExchanges()).containsExactlyInAnyOrder("ECP_384", "ML_KEM_768");
    }

    @Test
    void death_of_charon_ends_every_command() throws Exception {
        loadIdentity();
        charon.close();
        assertThatThrownBy(() -> tunnels.load(TUNNEL)).isInstanceOf(CharonLost.class);
        assertThatThrownBy(tunnels::established).isInstanceOf(CharonLost.class);
        assertThatThrownBy(() -> tunnels.initiate("w1-1", SHORT)).isInstanceOf(CharonLost.class);
        assertThatThrownBy(() -> tunnels.terminate("w1-1")).isInstanceOf(CharonLost.class);
    }
}
