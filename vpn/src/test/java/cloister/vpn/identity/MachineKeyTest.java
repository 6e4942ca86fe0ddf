package cloister.vpn.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MachineKeyTest {
    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("machine.pem");
    }

    private Path written(String text) throws IOException {
        Files.writeString(file(), text);
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-------"));
        return file();
    }

    private static String pem(byte[] der) {
        return "-----BEGIN PRIVATE KEY-----\n" + Base64.getEncoder().encodeToString(der)
                + "\n-----END PRIVATE KEY-----\n";
    }

    @Test
    void stored_key_is_the_same_after_loading() throws Exception {
        MachineKey key = MachineKey.generate();
        key.store(file());
        MachineKey again = MachineKey.load(file());
        assertThat(again.spki()).isEqualTo(key.spki());
        assertThat(again.privateKey().getEncoded()).isEqualTo(key.privateKey().getEncoded());
    }

    @Test
    void public_part_is_computed_from_the_private_one() throws Exception {
        // The PKCS#8 of the private key 1, whose public key is the curve's generator.
        byte[] one = HexFormat.of()
                .parseHex("3041020100301306072a8648ce3d020106082a8648ce3d03010704273025020101042000000000000000"
                        + "00000000000000000000000000000000000000000000000001");
        assertThat(HexFormat.of()
                        .formatHex(MachineKey.load(written(pem(one))).spki().der()))
                .endsWith("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                        + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
    }

    @Test
    void file_is_for_its_owner_alone_and_nothing_else_is_left_in_the_folder() throws Exception {
        MachineKey.generate().store(file());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file());
        }
    }

    @Test
    void storing_replaces_a_wider_file_by_a_tight_one() throws Exception {
        Files.writeString(file(), "old");
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-rw-rw-"));
        MachineKey.generate().store(file());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw--w----", "rw----r--", "rw-----w-", "rwx------", "rw-r--r--"})
    void file_that_others_may_touch_is_refused(String mode) throws Exception {
        MachineKey.generate().store(file());
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString(mode));
        assertThatThrownBy(() -> MachineKey.load(file()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("0600");
    }

    @Test
    void read_only_file_is_fine() throws Exception {
        MachineKey.generate().store(file());
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("r--------"));
        assertThat(MachineKey.load(file())).isNotNull();
    }

    @Test
    void link_is_refused() throws Exception {
        MachineKey.generate().store(file());
        Path link = Files.createSymbolicLink(folder.resolve("link.pem"), file());
        assertThatThrownBy(() -> MachineKey.load(link)).isInstanceOf(IOException.class);
    }

    @Test
    void missing_file_is_an_error_and_not_a_new_key() {
        assertThatThrownBy(() -> MachineKey.load(file())).isInstanceOf(IOException.class);
        assertThat(file()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-----BEGIN PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\n****\n-----END PRIVATE KEY-----\n",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
            })
    void broken_file_is_refused(String text) throws Exception {
        Path file = written(text);
        assertThatThrownBy(() -> MachineKey.load(file)).isInstanceOf(IOException.class);
    }

    @Test
    void overlong_file_is_refused() throws Exception {
        Path file = written("-----BEGIN PRIVATE KEY-----\n" + "A".repeat(5000) + "\n-----END PRIVATE KEY-----\n");
        assertThatThrownBy(() -> MachineKey.load(file)).hasMessageContaining("too long");
    }

    @Test
    void key_of_another_curve_is_refused_and_not_quoted() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp384r1"));
        byte[] der = generator.generateKeyPair().getPrivate().getEncoded();
        Path file = written(pem(der));
        assertThatThrownBy(() -> MachineKey.load(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("P-256")
                .hasNoCause();
    }

    @Test
    void zero_as_a_private_key_is_refused() throws Exception {
        byte[] zero = HexFormat.of()
                .parseHex("3041020100301306072a8648ce3d020106082a8648ce3d03010704273025020101042000000000000000"
                        + "00000000000000000000000000000000000000000000000000");
        Path file = written(pem(zero));
        assertThatThrownBy(() -> MachineKey.load(file)).isInstanceOf(IOException.class);
    }

    @Test
    void certificate_is_signed_by_its_own_key() throws Exception {
        MachineKey key = MachineKey.generate();
        key.certificate().verify(key.certificate().getPublicKey());
        assertThat(Spki.of(key.certificate().getPublicKey())).isEqualTo(key.spki());
        assertThat(key.certificate().getVersion()).isEqualTo(3);
    }

    @Test
    void printing_a_key_shows_the_public_part_only() {
        MachineKey key = MachineKey.generate();
        String secret = new String(key.pem(), StandardCharsets.US_ASCII)
                .lines()
                .toList()
                .get(1);
        assertThat(key.toString()).contains(key.spki().base64()).doesNotContain(secret.substring(0, 32));
    }
}
