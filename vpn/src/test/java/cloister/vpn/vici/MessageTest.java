package cloister.vpn.vici;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes were captured from charon-systemd 6.0.1. */
class MessageTest {
    private static Message decode(String hex) throws CharonLost {
        return Message.decode(ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }

    private static String encode(Message message) {
        ByteBuffer out = ByteBuffer.allocate(message.encodedLength());
        message.encode(out);
        assertThat(out.hasRemaining()).isFalse();
        return HexFormat.of().formatHex(out.array());
    }

    @Test
    void captured_pool_is_written_byte_for_byte() {
        Message pool = Message.builder()
                .section("p2", Message.builder().put("addrs", "10.98.0.0/24").list("dns", "10.99.0.1"))
                .build();
        assertThat(encode(pool))
                .isEqualTo("01 02 7032 03 05 6164647273 000c 31302e39382e302e302f3234 04 03 646e73 05 0009"
                        .concat(" 31302e39392e302e31 06 02")
                        .replace(" ", ""));
    }

    @Test
    void captured_list_is_read() throws Exception {
        Message conns = decode("04 05 636f6e6e73 05 0007 776f726b657273 06");
        assertThat(conns.list("conns")).containsExactly("workers");
        assertThat(conns.keys()).containsExactly("conns");
    }

    @Test
    void captured_version_is_read() throws Exception {
        assertThat(decode("03 06 6461656d6f6e 000e 636861726f6e2d73797374656d64")
                        .text("daemon"))
                .contains("charon-systemd");
    }

    @Test
    void captured_success_is_read() throws Exception {
        assertThat(decode("03 07 73756363657373 0003 796573").text("success")).contains("yes");
    }

    @Test
    void order_of_sections_is_kept() throws Exception {
        Message rounds = Message.builder()
                .section("local-2", Message.builder())
                .section("local-1", Message.builder().put("id", "x"))
                .put("a", "b")
                .build();
        Message again = decode(encode(rounds));
        assertThat(again.keys()).containsExactly("local-2", "local-1", "a");
        assertThat(again.sections()).containsOnlyKeys("local-2", "local-1");
        assertThat(again.section("local-1").orElseThrow().text("id")).contains("x");
    }

    @Test
    void asking_for_another_kind_finds_nothing() throws Exception {
        Message message = decode(encode(Message.builder()
                .put("value", "v")
                .list("list", "i")
                .section("section", Message.builder())
                .build()));
        assertThat(message.text("list")).isEmpty();
        assertThat(message.text("section")).isEmpty();
        assertThat(message.text("none")).isEmpty();
        assertThat(message.list("value")).isEmpty();
        assertThat(message.section("value")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "00, no such element",
        "07, no such element",
        "ff, no such element",
        "02, end of a section that never began",
        "05 0001 61, an item outside a list",
        "06, end of a list that never began",
        "01, section without a name",
        "01 02 61, name longer than what is left",
        "01 01 61, section without an end",
        "01 01 61 02 02, one end too many",
        "03 01 61, value without a length",
        "03 01 61 00, half a length",
        "03 01 61 0002 61, value longer than what is left",
        "03 01 61 ffff, longest value and nothing there",
        "04 01 61, list without an end",
        "04 01 61 05 0001, item longer than what is left",
        "04 01 61 01 01 61 02 06, section inside a list",
        "04 01 61 04 01 62 06 06, list inside a list",
        "03 01 61 0000 03 01 61 0000, the same name twice",
    })
    void malformed_bytes_are_refused(String hex, String why) {
        assertThatThrownBy(() -> decode(hex)).as(why).isInstanceOf(CharonLost.class);
    }

    @Test
    void sections_may_be_sixteen_deep_and_no_deeper() throws Exception {
        assertThat(decode("01 01 61".repeat(16) + "02".repeat(16)).keys()).containsExactly("a");
        assertThatThrownBy(() -> decode("01 01 61".repeat(17) + "02".repeat(17)))
                .hasMessageContaining("deeper than 16");
    }

    @Test
    void names_and_values_have_their_limits_when_written() throws Exception {
        Message widest = Message.builder()
                .put("n".repeat(255), new byte[65_535])
                .list("l", new byte[65_535])
                .build();
        assertThat(decode(encode(widest)).text("n".repeat(255)).orElseThrow()).hasSize(65_535);
        Message.Builder builder = Message.builder();
        assertThatThrownBy(() -> builder.put("n".repeat(256), "")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.put("", "")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.put("v", new byte[65_536])).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.list("v", new byte[65_536])).isInstanceOf(IllegalArgumentException.class);
        builder.put("a", "");
        assertThatThrownBy(() -> builder.put("a", "")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void printing_shows_no_value() {
        assertThat(Message.builder().put("data", "SECRET").build().toString())
                .contains("data")
                .doesNotContain("SECRET");
    }

    @Test
    void random_bytes_are_read_or_refused_and_never_anything_else() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = (byte) random.nextInt(8);
            }
            try {
                Message message = Message.decode(ByteBuffer.wrap(bytes));
                assertThat(message.encodedLength()).as("seed %d", seed).isEqualTo(bytes.length);
            } catch (CharonLost e) {
                assertThat(e).as("seed %d", seed).hasMessage(e.getMessage());
            }
        }
    }
}
