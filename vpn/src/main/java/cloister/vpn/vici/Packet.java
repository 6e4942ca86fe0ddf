package cloister.vpn.vici;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** One frame: what it is, for some of them a name, for some a message. The numbers are those of vici's README. */
public sealed interface Packet {
    /** What charon itself takes and sends at most, without the four bytes of length in front. */
    int MOST_BYTES = 512 * 1024;

    record CommandRequest(String name, Message message) implements Packet {}

    record CommandResponse(Message message) implements Packet {}

    /** The answer to a command that this charon does not have. */
    record CommandUnknown() implements Packet {}

    record EventRegister(String name) implements Packet {}

    record EventUnregister(String name) implements Packet {}

    record EventConfirm() implements Packet {}

    /** The answer to the name of an event that this charon does not have. */
    record EventUnknown() implements Packet {}

    /** May come at any moment, also between a request and its answer. */
    record Event(String name, Message message) implements Packet {}

    /** The frame without its length. Throws {@link IllegalArgumentException} when it would be longer than charon takes. */
    default byte[] encode() {
        return switch (this) {
            case CommandRequest it -> frame(0, it.name(), it.message());
            case CommandResponse it -> frame(1, "", it.message());
            case CommandUnknown() -> frame(2, "", Message.empty());
            case EventRegister it -> frame(3, it.name(), Message.empty());
            case EventUnregister it -> frame(4, it.name(), Message.empty());
            case EventConfirm() -> frame(5, "", Message.empty());
            case EventUnknown() -> frame(6, "", Message.empty());
            case Event it -> frame(7, it.name(), it.message());
        };
    }

    private static byte[] frame(int type, String name, Message message) {
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        if (ascii.length > 255) {
            throw new IllegalArgumentException("a name has at most 255 bytes");
        }
        int length = 1 + (name.isEmpty() ? 0 : 1 + ascii.length) + message.encodedLength();
        if (length > MOST_BYTES) {
            throw new IllegalArgumentException("a frame has at most " + MOST_BYTES + " bytes");
        }
        byte[] frame = new byte[length];
        ByteBuffer out = ByteBuffer.wrap(frame).put((byte) type);
        if (!name.isEmpty()) {
            out.put((byte) ascii.length).put(ascii);
        }
        message.encode(out);
        return frame;
    }

    /** Reads the frame without its length. */
    static Packet decode(ByteBuffer in) throws CharonLost {
        if (!in.hasRemaining()) {
            throw new CharonLost("an empty frame");
        }
        int type = in.get();
        Packet packet = switch (type) {
            case 0 -> new CommandRequest(name(in), Message.decode(in));
            case 1 -> new CommandResponse(Message.decode(in));
            case 2 -> new CommandUnknown();
            case 3 -> new EventRegister(name(in));
            case 4 -> new EventUnregister(name(in));
            case 5 -> new EventConfirm();
            case 6 -> new EventUnknown();
            case 7 -> new Event(name(in), Message.decode(in));
            default -> throw new CharonLost("a frame of the unknown type " + type);
        };
        if (in.hasRemaining()) {
            throw new CharonLost("more bytes than a frame of type " + type + " has");
        }
        return packet;
    }

    private static String name(ByteBuffer in) throws CharonLost {
        int length = in.hasRemaining() ? in.get() & 0xff : 0;
        if (length == 0 || length > in.remaining()) {
            throw new CharonLost("a frame without the name it should have");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
