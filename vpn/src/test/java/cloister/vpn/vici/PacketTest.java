package cloister.vpn.vici;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes were captured from charon-systemd 6.0.1. */
class PacketTest {
    private static String hex(Packet packet) {
        return HexFormat.of().formatHex(packet.encode());
    }

    private static Packet decode(String hex) throws CharonLost {
        return Packet.decode(ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }

    @Test
    void requests_are_written_byte_for_byte() {
        assertThat(hex(new Packet.CommandRequest("version", Message.empty()))).isEqualTo("000776657273696f6e");
        assertThat(hex(new Packet.CommandRequest("no-such-command", Message.empty())))
                .isEqualTo("000f6e6f2d737563682d636f6d6d616e64");
        assertThat(hex(new Packet.EventRegister("list-conn"))).isEqualTo("03096c6973742d636f6e6e");
        assertThat(hex(new Packet.EventUnregister("list-conn"))).isEqualTo("04096c6973742d636f6e6e");
    }

    @Test
    void request_with_a_message_is_written_byte_for_byte() {
        Message pool = Message.builder()
                .section("p2", Message.builder().put("addrs", "10.98.0.0/24").list("dns", "10.99.0.1"))
                .build();
        String hex = hex(new Packet.CommandRequest("load-pool", pool));
        assertThat(hex).startsWith("00096c6f61642d706f6f6c01027032").hasSize(2 * 0x37);
    }

    @Test
    void answers_are_read() throws Exception {
        assertThat(decode("02")).isEqualTo(new Packet.CommandUnknown());
        assertThat(decode("05")).isEqualTo(new Packet.EventConfirm());
        assertThat(decode("06")).isEqualTo(new Packet.EventUnknown());
        assertThat(decode("01")).isInstanceOf(Packet.CommandResponse.class);
        assertThat(decode("01 03 07 73756363657373 0003 796573"))
                .isInstanceOfSatisfying(
                        Packet.CommandResponse.class,
                        response ->
                                assertThat(response.message().text("success")).contains("yes"));
    }

    @Test
    void event_is_read_with_its_name() throws Exception {
        assertThat(decode("07 09 6c6973742d636f6e6e 01 07 776f726b657273 02"))
                .isInstanceOfSatisfying(Packet.Event.class, event -> {
                    assertThat(event.name()).isEqualTo("list-conn");
                    assertThat(event.message().sections()).containsOnlyKeys("workers");
                });
    }

    @Test
    void every_kind_survives_the_way_there_and_back() throws Exception {
        Message message = Message.builder().put("a", "b").build();
        for (Packet packet : List.of(
                new Packet.CommandRequest("x", message),
                new Packet.CommandResponse(message),
                new Packet.CommandUnknown(),
                new Packet.EventRegister("x"),
                new Packet.EventUnregister("x"),
                new Packet.EventConfirm(),
                new Packet.EventUnknown(),
                new Packet.Event("x", message))) {
            assertThat(hex(Packet.decode(ByteBuffer.wrap(packet.encode())))).isEqualTo(hex(packet));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "08", "ff", "07", "07 00", "07 05 61", "00", "03", "02 00", "05 01", "06 00", "03 01 61 00"})
    void malformed_frames_are_refused(String hex) {
        assertThatThrownBy(() -> decode(hex)).isInstanceOf(CharonLost.class);
    }

    @Test
    void frame_that_charon_would_not_take_is_never_written() {
        Message.Builder builder = Message.builder();
        for (int i = 0; i < 8; i++) {
            builder.put("k" + i, new byte[65_535]);
        }
        Packet packet = new Packet.CommandRequest("x", builder.build());
        assertThatThrownBy(packet::encode).isInstanceOf(IllegalArgumentException.class);
    }
}
