package cloister.vpn.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpkiTest {
    /** The generator of the curve (SEC 2, 2.4.2), the public key of the private key 1. */
    private static final String GENERATOR = "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
            + "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

    private static String base64(String hex) {
        return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(hex));
    }

    @Test
    void known_point_is_read_and_written_byte_for_byte() {
        Spki spki = Spki.parse(base64(GENERATOR));
        assertThat(HexFormat.of().formatHex(spki.der())).isEqualTo(GENERATOR);
        assertThat(HexFormat.of().formatHex(spki.publicKey().getEncoded())).isEqualTo(GENERATOR);
        assertThat(Spki.of(spki.publicKey())).isEqualTo(spki);
    }

    @Test
    void our_encoding_is_the_platform_s_own() {
        for (int i = 0; i < 200; i++) {
            MachineKey key = MachineKey.generate();
            assertThat(key.spki().der())
                    .isEqualTo(key.certificate().getPublicKey().getEncoded());
        }
    }

    @Test
    void different_keys_differ() {
        assertThat(MachineKey.generate().spki())
                .isNotEqualTo(MachineKey.generate().spki());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "A",
                "not base64 at all !!",
                // 124 characters that are not base64
                "****************************************************************************************************"
                        + "************************",
                // 124 characters of zeros: base64 of 93 bytes
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                        + "AAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void hostile_strings_are_refused(String text) {
        assertThatThrownBy(() -> Spki.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void very_long_string_is_refused_by_its_length() {
        assertThatThrownBy(() -> Spki.parse("A".repeat(10_000_000))).hasMessageContaining("124 characters");
    }

    @Test
    void spaces_lines_and_missing_padding_are_refused() {
        String good = base64(GENERATOR);
        assertThat(good).hasSize(124).endsWith("=");
        assertThatThrownBy(() -> Spki.parse(good + "\n")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Spki.parse(" " + good.substring(0, 123))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Spki.parse(good.substring(0, good.indexOf('='))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void unused_bits_of_the_last_character_cannot_make_a_second_name_for_a_key() {
        String good = base64(GENERATOR);
        int last = good.indexOf('=') - 1;
        int padding = good.length() - 1 - last;
        assertThat(padding).isEqualTo(2);
        char next = (char) (good.charAt(last) + 1);
        String twin = good.substring(0, last) + next + "==";
        assertThat(Base64.getDecoder().decode(twin)).isEqualTo(HexFormat.of().parseHex(GENERATOR));
        assertThatThrownBy(() -> Spki.parse(twin)).hasMessageContaining("canonical");
    }

    @Test
    void point_off_the_curve_is_refused() {
        byte[] der = HexFormat.of().parseHex(GENERATOR);
        der[der.length - 1] ^= 1;
        assertThatThrownBy(() -> Spki.parse(Base64.getEncoder().encodeToString(der)))
                .hasMessageContaining("not a point");
    }

    @Test
    void coordinate_that_is_not_reduced_is_refused() {
        byte[] der = HexFormat.of().parseHex(GENERATOR);
        Arrays.fill(der, 27, 27 + 32, (byte) 0xff);
        assertThatThrownBy(() -> Spki.parse(Base64.getEncoder().encodeToString(der)))
                .hasMessageContaining("not a point");
    }

    @Test
    void every_changed_byte_of_the_frame_is_refused() {
        for (int at = 0; at < 27; at++) {
            byte[] der = HexFormat.of().parseHex(GENERATOR);
            der[at] ^= 1;
            String text = Base64.getEncoder().encodeToString(der);
            assertThatThrownBy(() -> Spki.parse(text)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void keys_of_other_kinds_are_refused() throws Exception {
        for (String curve : new String[] {"secp384r1", "secp521r1"}) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            var other = generator.generateKeyPair().getPublic();
            assertThatThrownBy(() -> Spki.of(other)).isInstanceOf(IllegalArgumentException.class);
        }
        var edwards = KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic();
        assertThatThrownBy(() -> Spki.of(edwards)).isInstanceOf(IllegalArgumentException.class);
    }
}
