package cloister.vpn.vici;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The content of a command, an answer or an event: keys with values, lists and sections, in order. Values are bytes; numbers and
 * truths are text in them. Prints its keys and never a value, since values can be private keys.
 */
public final class Message {
    private static final int SECTION_START = 1;
    private static final int SECTION_END = 2;
    private static final int KEY_VALUE = 3;
    private static final int LIST_START = 4;
    private static final int LIST_ITEM = 5;
    private static final int LIST_END = 6;

    /** A name's length is one byte, a value's two. */
    private static final int MOST_NAME = 255;

    private static final int MOST_VALUE = 65_535;
    /** The deepest answer of charon 6.0 (list-sas) has five levels. */
    private static final int MOST_DEPTH = 16;

    private static final Message EMPTY = new Message(Map.of());

    private sealed interface Node {}

    private static final class Value implements Node {
        private final byte[] bytes;

        Value(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    private record Items(List<byte[]> items) implements Node {}

    private record Section(Message inner) implements Node {}

    private final Map<String, Node> nodes;

    private Message(Map<String, Node> nodes) {
        this.nodes = nodes;
    }

    public static Message empty() {
        return EMPTY;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Keys in their order, whatever stands behind them. */
    public List<String> keys() {
        return List.copyOf(nodes.keySet());
    }

    /** The value of a key as text. Empty when there is no such key or it is no plain value. */
    public Optional<String> text(String key) {
        return nodes.get(key) instanceof Value value ? Optional.of(text(value.bytes())) : Optional.empty();
    }

    /** The items of a list as text. Empty when there is no such list. */
    public List<String> list(String key) {
        return nodes.get(key) instanceof Items list
                ? list.items().stream().map(Message::text).toList()
                : List.of();
    }

    public Optional<Message> section(String key) {
        return nodes.get(key) instanceof Section section ? Optional.of(section.inner()) : Optional.empty();
    }

    /** The sections in here by their names, in order. */
    public Map<String, Message> sections() {
        Map<String, Message> found = new LinkedHashMap<>();
        nodes.forEach((name, node) -> {
            if (node instanceof Section section) {
                found.put(name, section.inner());
            }
        });
        return Collections.unmodifiableMap(found);
    }

    @Override
    public String toString() {
        return "Message" + nodes.keySet();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    int encodedLength() {
        int length = 0;
        for (Map.Entry<String, Node> entry : nodes.entrySet()) {
            length += 2 + name(entry.getKey()).length;
            length += switch (entry.getValue()) {
                case Value value -> 2 + value.bytes().length;
                case Items list ->
                    1 + list.items().stream().mapToInt(item -> 3 + item.length).sum();
                case Section section -> 1 + section.inner().encodedLength();
            };
        }
        return length;
    }

    void encode(ByteBuffer out) {
        nodes.forEach((key, node) -> {
            switch (node) {
                case Value value -> {
                    head(out, KEY_VALUE, key);
                    out.putShort((short) value.bytes().length).put(value.bytes());
                }
                case Items list -> {
                    head(out, LIST_START, key);
                    for (byte[] item : list.items()) {
                        out.put((byte) LIST_ITEM).putShort((short) item.length).put(item);
                    }
                    out.put((byte) LIST_END);
                }
                case Section section -> {
                    head(out, SECTION_START, key);
                    section.inner().encode(out);
                    out.put((byte) SECTION_END);
                }
            }
        });
    }

    private static void head(ByteBuffer out, int element, String key) {
        byte[] name = name(key);
        out.put((byte) element).put((byte) name.length).put(name);
    }

    private static byte[] name(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    /** Reads to the end of the buffer. */
    static Message decode(ByteBuffer in) throws CharonLost {
        return new Decoder(in).decode();
    }

    /** Makes a message; a section is made by a builder of its own. */
    public static final class Builder {
        private final Map<String, Node> nodes = new LinkedHashMap<>();

        private Builder() {}

        public Builder put(String key, String value) {
            return put(key, value.getBytes(StandardCharsets.UTF_8));
        }

        /** The bytes are copied nowhere until they are sent: a caller may overwrite a secret afterwards. */
        public Builder put(String key, byte[] value) {
            return add(key, new Value(bounded(value)));
        }

        public Builder list(String key, String... items) {
            List<byte[]> encoded = new ArrayList<>();
            for (String item : items) {
                encoded.add(bounded(item.getBytes(StandardCharsets.UTF_8)));
            }
            return add(key, new Items(encoded));
        }

        public Builder list(String key, byte[] item) {
            return add(key, new Items(List.of(bounded(item))));
        }

        public Builder section(String key, Builder inner) {
            return add(key, new Section(inner.build()));
        }

        public Message build() {
            return new Message(Collections.unmodifiableMap(new LinkedHashMap<>(nodes)));
        }

        private Builder add(String key, Node node) {
            int length = name(key).length;
            if (length == 0 || length > MOST_NAME) {
                throw new IllegalArgumentException("a name has 1 to " + MOST_NAME + " bytes");
            }
            if (nodes.putIfAbsent(key, node) != null) {
                throw new IllegalArgumentException(key + " is there already");
            }
            return this;
        }

        private static byte[] bounded(byte[] value) {
            if (value.length > MOST_VALUE) {
                throw new IllegalArgumentException("a value has at most " + MOST_VALUE + " bytes");
            }
            return value;
        }
    }

    private static final class Decoder {
        private final ByteBuffer in;
        private final Deque<Map<String, Node>> open = new ArrayDeque<>();
        private final Deque<String> names = new ArrayDeque<>();

        Decoder(ByteBuffer in) {
            this.in = in;
        }

        Message decode() throws CharonLost {
            open.push(new LinkedHashMap<>());
            while (in.hasRemaining()) {
                int element = in.get();
                switch (element) {
                    case SECTION_START -> start();
                    case SECTION_END -> end();
                    case KEY_VALUE -> add(name(), new Value(value()));
                    case LIST_START -> add(name(), new Items(items()));
                    default -> throw new CharonLost("element " + element + " where none such may stand");
                }
            }
            if (open.size() != 1) {
                throw new CharonLost("a section without an end");
            }
            return new Message(Collections.unmodifiableMap(open.pop()));
        }

        private void start() throws CharonLost {
            if (open.size() > MOST_DEPTH) {
                throw new CharonLost("sections deeper than " + MOST_DEPTH);
            }
            names.push(name());
            open.push(new LinkedHashMap<>());
        }

        private void end() throws CharonLost {
            if (names.isEmpty()) {
                throw new CharonLost("the end of a section that never began");
            }
            Message inner = new Message(Collections.unmodifiableMap(open.pop()));
            add(names.pop(), new Section(inner));
        }

        private List<byte[]> items() throws CharonLost {
            List<byte[]> items = new ArrayList<>();
            while (in.hasRemaining()) {
                int element = in.get();
                switch (element) {
                    case LIST_ITEM -> items.add(value());
                    case LIST_END -> {
                        return Collections.unmodifiableList(items);
                    }
                    default -> throw new CharonLost("element " + element + " inside a list");
                }
            }
            throw new CharonLost("a list without an end");
        }

        private void add(String name, Node node) throws CharonLost {
            Map<String, Node> section = open.element();
            if (section.putIfAbsent(name, node) != null) {
                throw new CharonLost("a name that stands twice in a section");
            }
        }

        private String name() throws CharonLost {
            return text(bytes(in.hasRemaining() ? in.get() & 0xff : 1));
        }

        private byte[] value() throws CharonLost {
            return bytes(in.remaining() >= Short.BYTES ? in.getShort() & 0xffff : MOST_VALUE + 1);
        }

        private byte[] bytes(int length) throws CharonLost {
            if (length > in.remaining()) {
                throw new CharonLost("a length that points past the end of its message");
            }
            byte[] bytes = new byte[length];
            in.get(bytes);
            return bytes;
        }
    }
}
