package cloister.vpn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Pem;
import cloister.vpn.identity.Spki;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProjectCaTest {
    private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");
    private static final Duration DAY = Duration.ofDays(1);
    private static final String NAME = "w3-1.p7.cloister";

    @TempDir
    Path folder;

    private final MachineKey machine = MachineKey.generate();
    private ProjectCa ca;

    @BeforeEach
    void make() throws IOException {
        ca = ProjectCa.create(folder.resolve("ca.pem"), NOW);
    }

    private X509Certificate signed() {
        return ca.sign(CertificateRequest.create(machine, "whoever"), machine.spki(), NAME, DAY, NOW);
    }

    private void validate(X509Certificate leaf, X509Certificate anchor, Instant when) throws Exception {
        var parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(when));
        CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf)), parameters);
    }

    @Test
    void certificate_holds_the_machine_s_key_and_the_name_we_chose() throws Exception {
        X509Certificate leaf = signed();
        assertThat(Spki.of(leaf.getPublicKey())).isEqualTo(machine.spki());
        assertThat(leaf.getSubjectX500Principal().getName()).isEqualTo("CN=" + NAME);
        assertThat(leaf.getSubjectAlternativeNames()).hasToString("[[2, " + NAME + "]]");
        validate(leaf, ca.ca(), NOW);
    }

    @Test
    void certificate_can_sign_nothing_and_speaks_for_client_and_server() throws Exception {
        X509Certificate leaf = signed();
        assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
        assertThat(leaf.getKeyUsage()).containsExactly(true, false, false, false, false, false, false, false, false);
        assertThat(leaf.getExtendedKeyUsage()).containsExactlyInAnyOrder("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
        assertThat(leaf.getCriticalExtensionOIDs()).containsExactlyInAnyOrder("2.5.29.15", "2.5.29.19");
    }

    @Test
    void certificate_names_the_key_of_its_authority() {
        byte[] named = signed().getExtensionValue("2.5.29.35");
        byte[] own = ca.ca().getExtensionValue("2.5.29.14");
        byte[] id = Arrays.copyOfRange(own, own.length - 20, own.length);
        assertThat(HexFormat.of().formatHex(named)).endsWith(HexFormat.of().formatHex(id));
    }

    @Test
    void authority_is_p_384_and_allows_no_authority_below_it() {
        assertThat(((ECPublicKey) ca.ca().getPublicKey())
                        .getParams()
                        .getCurve()
                        .getField()
                        .getFieldSize())
                .isEqualTo(384);
        assertThat(ca.ca().getBasicConstraints()).isZero();
        assertThat(ca.ca().getKeyUsage()).containsExactly(false, false, false, false, false, true, true, false, false);
    }

    @Test
    void certificate_is_valid_ten_minutes_before_now_and_until_its_end() throws Exception {
        X509Certificate leaf = signed();
        validate(leaf, ca.ca(), NOW.minus(Duration.ofMinutes(10)));
        validate(leaf, ca.ca(), NOW.plus(DAY));
        assertThatThrownBy(() -> validate(leaf, ca.ca(), NOW.minus(Duration.ofMinutes(11))))
                .hasMessageContaining("validity");
        assertThatThrownBy(() -> validate(leaf, ca.ca(), NOW.plus(DAY).plusSeconds(1)))
                .hasMessageContaining("validity");
    }

    @Test
    void certificate_never_outlives_its_authority() {
        Instant end = ca.ca().getNotAfter().toInstant();
        Instant late = end.minus(Duration.ofHours(1));
        X509Certificate leaf = ca.sign(CertificateRequest.create(machine, "whoever"), machine.spki(), NAME, DAY, late);
        assertThat(leaf.getNotAfter().toInstant()).isEqualTo(end);
        assertThatThrownBy(() -> ca.sign(CertificateRequest.create(machine, "whoever"), machine.spki(), NAME, DAY, end))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void serial_numbers_are_positive_and_all_different() {
        Set<BigInteger> seen = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            BigInteger serial = signed().getSerialNumber();
            assertThat(serial.signum()).isPositive();
            assertThat(serial.bitLength()).isBetween(120, 159);
            assertThat(seen.add(serial)).isTrue();
        }
    }

    @Test
    void request_for_another_key_than_the_pinned_one_is_refused() {
        byte[] request = CertificateRequest.create(MachineKey.generate(), "whoever");
        assertThatThrownBy(() -> ca.sign(request, machine.spki(), NAME, DAY, NOW))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another key");
    }

    @Test
    void request_with_a_broken_signature_is_refused() {
        byte[] request = CertificateRequest.create(machine, "whoever");
        // Inside the subject's name, so that everything still parses.
        int at = new String(request, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("whoever");
        request[at] = 'W';
        assertThatThrownBy(() -> ca.sign(request, machine.spki(), NAME, DAY, NOW))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("did not sign");
    }

    @Test
    void nonsense_is_refused_whatever_its_length() {
        for (byte[] nonsense :
                List.of(new byte[0], new byte[1], new byte[2048], new byte[2049], new byte[1_000_000], new byte[] {
                    0x30, (byte) 0x84, 0x7f, -1, -1, -1
                })) {
            assertThatThrownBy(() -> ca.sign(nonsense, machine.spki(), NAME, DAY, NOW))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void every_truncation_and_every_flipped_bit_of_a_request_is_refused() {
        byte[] request = CertificateRequest.create(machine, "whoever");
        for (int length = 0; length < request.length; length++) {
            byte[] cut = Arrays.copyOf(request, length);
            assertThatThrownBy(() -> ca.sign(cut, machine.spki(), NAME, DAY, NOW))
                    .as("cut at %d", length)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (int at = 0; at < request.length; at++) {
            byte[] bent = request.clone();
            bent[at] ^= 1;
            assertThatThrownBy(() -> ca.sign(bent, machine.spki(), NAME, DAY, NOW))
                    .as("bent at %d", at)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "*.p7.cloister",
                "W1.p7.cloister",
                "w1..cloister",
                ".cloister",
                "cloister.",
                "-w.cloister",
                "w1 .cloister",
                "w1,CN=x",
                "w1\u0000.x",
                "w1@x",
                "ä.cloister",
                "a2345678901234567890123456789012345678901234567890123456789012345"
            })
    void names_that_are_not_plain_dns_names_are_refused(String name) {
        byte[] request = CertificateRequest.create(machine, "whoever");
        assertThatThrownBy(() -> ca.sign(request, machine.spki(), name, DAY, NOW))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CertificateRequest.create(machine, name)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void validity_has_bounds() {
        byte[] request = CertificateRequest.create(machine, "whoever");
        for (Duration wrong : List.of(Duration.ZERO, DAY.negated(), Duration.ofDays(401))) {
            assertThatThrownBy(() -> ca.sign(request, machine.spki(), NAME, wrong, NOW))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void stored_authority_signs_on_after_loading() throws Exception {
        ProjectCa again = ProjectCa.load(folder.resolve("ca.pem"));
        assertThat(again.ca()).isEqualTo(ca.ca());
        validate(
                again.sign(CertificateRequest.create(machine, "whoever"), machine.spki(), NAME, DAY, NOW),
                ca.ca(),
                NOW);
    }

    @Test
    void authority_is_never_overwritten() throws Exception {
        byte[] before = Files.readAllBytes(folder.resolve("ca.pem"));
        assertThatThrownBy(() -> ProjectCa.create(folder.resolve("ca.pem"), NOW))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThat(Files.readAllBytes(folder.resolve("ca.pem"))).isEqualTo(before);
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void authority_s_file_is_for_its_owner_alone_and_refused_otherwise() throws Exception {
        Path file = folder.resolve("ca.pem");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> ProjectCa.load(file)).isInstanceOf(IOException.class);
    }

    @Test
    void key_of_one_authority_with_the_certificate_of_another_is_refused() throws Exception {
        Path other = folder.resolve("other.pem");
        ProjectCa.create(other, NOW);
        String first = Files.readString(folder.resolve("ca.pem"));
        String second = Files.readString(other);
        String mark = "-----BEGIN CERTIFICATE-----";
        Files.writeString(other, first.substring(0, first.indexOf(mark)) + second.substring(second.indexOf(mark)));
        assertThatThrownBy(() -> ProjectCa.load(other)).isInstanceOf(IOException.class);
    }

    @Test
    void ordinary_certificate_with_its_key_is_no_authority() throws Exception {
        Path file = folder.resolve("machine.pem");
        machine.store(file);
        Files.writeString(file, Files.readString(file) + Pem.of(signed()));
        assertThatThrownBy(() -> ProjectCa.load(file)).isInstanceOf(IOException.class);
    }

    @Test
    void certificate_survives_its_text_form_and_nothing_else_passes_for_one() {
        String pem = Pem.of(signed());
        assertThat(Pem.of(Pem.certificate(pem))).isEqualTo(pem);
        for (String wrong : List.of("", pem + pem, "x" + pem, pem + "x", pem.replace("M", "*"), "A".repeat(9000))) {
            assertThatThrownBy(() -> Pem.certificate(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void printing_an_authority_shows_its_name_only() {
        assertThat(ca.toString()).isEqualTo("ProjectCa[CN=project authority, O=cloister]");
    }
}
