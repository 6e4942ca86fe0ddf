package cloister.backend.project;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class SshKeyTest {
    private static final String ED25519 =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    /** A line with these fields, as RFC 4251 writes strings. */
    private static String line(String type, byte[]... fields) {
        try (ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                DataOutputStream data = new DataOutputStream(bytes)) {
            for (byte[] field : fields) {
                data.writeInt(field.length);
                data.write(field);
            }
            return type + " " + Base64.getEncoder().encodeToString(bytes.toByteArray());
        } catch (IOException e) {
            throw new IllegalStateException("memory can be written", e);
        }
    }

    private static byte[] text(String value) {
        return value.getBytes(StandardCharsets.US_ASCII);
    }

    private static String rsa(int bits) {
        byte[] modulus = BigInteger.ONE.shiftLeft(bits - 1).add(BigInteger.ONE).toByteArray();
        return line("ssh-rsa", text("ssh-rsa"), BigInteger.valueOf(65537).toByteArray(), modulus);
    }

    private static String ecdsa(String curve, int coordinate) {
        byte[] point = new byte[1 + 2 * coordinate];
        Arrays.fill(point, (byte) 7);
        point[0] = 4;
        return line("ecdsa-sha2-" + curve, text("ecdsa-sha2-" + curve), text(curve), point);
    }

    @Test
    void keys_of_the_accepted_kinds_are_kept_without_their_comments() {
        for (String line : List.of(
                ED25519, rsa(3072), rsa(4096), ecdsa("nistp256", 32), ecdsa("nistp384", 48), ecdsa("nistp521", 66))) {
            assertThat(SshKey.parse(line + "  alice@laptop of the lab\n").line())
                    .isEqualTo(line);
        }
    }

    @Test
    void everything_else_is_refused_in_words() {
        String blob = ED25519.substring(ED25519.indexOf(' ') + 1);
        for (String line : List.of(
                "",
                "ssh-ed25519",
                blob,
                "ssh-rsa " + blob,
                "ssh-dss " + blob,
                "command=\"/bin/sh\" " + ED25519,
                "ssh-ed25519 !!!!",
                "ssh-ed25519 " + blob.substring(0, 40),
                rsa(2048),
                rsa(20_000),
                line(
                        "ssh-rsa",
                        text("ssh-rsa"),
                        new byte[] {0, 3},
                        BigInteger.ONE.shiftLeft(3071).toByteArray()),
                line("ssh-ed25519", text("ssh-ed25519"), new byte[32], new byte[1]),
                line("ssh-ed25519", text("ssh-ed25519"), new byte[33]),
                ecdsa("nistp256", 48),
                line("ecdsa-sha2-nistp256", text("ecdsa-sha2-nistp256"), text("nistp384"), new byte[97]),
                "ssh-ed25519 " + "A".repeat(9000))) {
            assertThatThrownBy(() -> SshKey.parse(line))
                    .as(line)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not an SSH public key that is accepted here");
        }
    }

    @Test
    void members_have_names_and_ids_that_no_guest_uses_itself() {
        List<SshKey> keys = List.of(SshKey.parse(ED25519));
        assertThat(new Member(1, "alice", 5000, keys).login()).isEqualTo("alice");
        for (String login : List.of("", "Alice", "1a", "-a", "a_b", "a b", "root", "slurm", "a".repeat(32), "a\n")) {
            assertThatThrownBy(() -> new Member(1, login, 5001, keys)).as(login).isInstanceOf(RuntimeException.class);
        }
        for (int uid : new int[] {0, 999, 4999, 60_000, -1}) {
            assertThatThrownBy(() -> new Member(1, "alice", uid, keys)).hasMessageContaining("uid");
        }
        assertThatThrownBy(() -> new Member(1, "alice", 5001, List.of())).hasMessageContaining("public keys");
    }
}
