package cloister.isolation;

/**
 * An IPv4 address, always written in its one canonical form.
 *
 * @param bits the address as an unsigned 32-bit number, most significant byte first
 */
public record Ipv4(int bits) implements Comparable<Ipv4> {
    private static final int LONGEST = "255.255.255.255".length();

    /**
     * Reads four decimal numbers without leading zeros, signs or blanks. A name is never looked up.
     *
     * @throws IllegalArgumentException for anything else; the message doesn't repeat the text
     */
    public static Ipv4 parse(String text) {
        if (text.length() > LONGEST) {
            throw notAnAddress();
        }
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            throw notAnAddress();
        }
        int bits = 0;
        for (String part : parts) {
            bits = bits << 8 | octet(part);
        }
        return new Ipv4(bits);
    }

    private static int octet(String part) {
        if (part.isEmpty() || part.length() > 3 || (part.length() > 1 && part.charAt(0) == '0')) {
            throw notAnAddress();
        }
        int value = 0;
        for (int i = 0; i < part.length(); i++) {
            char digit = part.charAt(i);
            if (digit < '0' || digit > '9') {
                throw notAnAddress();
            }
            value = value * 10 + (digit - '0');
        }
        if (value > 255) {
            throw notAnAddress();
        }
        return value;
    }

    private static IllegalArgumentException notAnAddress() {
        return new IllegalArgumentException("not an IPv4 address: four numbers from 0 to 255 with dots between them");
    }

    /** One of the four bytes, 0 to 255; index 0 is the leftmost. */
    public int octet(int index) {
        if (index < 0 || index > 3) {
            throw new IllegalArgumentException("an IPv4 address has the bytes 0 to 3");
        }
        return bits >>> (24 - 8 * index) & 0xff;
    }

    @Override
    public int compareTo(Ipv4 other) {
        return Integer.compareUnsigned(bits, other.bits);
    }

    @Override
    public String toString() {
        return octet(0) + "." + octet(1) + "." + octet(2) + "." + octet(3);
    }
}
