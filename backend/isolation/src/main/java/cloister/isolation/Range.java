package cloister.isolation;

/**
 * A block of IPv4 addresses in CIDR form.
 *
 * @param first its lowest address; every bit behind the prefix is zero
 * @param prefix number of leading bits that all its addresses share, 8 to 32: a shorter one is a mistake here
 */
public record Range(Ipv4 first, int prefix) {
    private static final int SHORTEST_PREFIX = 8;
    private static final int LONGEST = "255.255.255.255/32".length();

    /** Refuses a prefix out of bounds, and a first address that isn't the lowest of its block. */
    public Range {
        if (prefix < SHORTEST_PREFIX || prefix > 32) {
            throw new IllegalArgumentException("the prefix of a range must be between 8 and 32");
        }
        if ((first.bits() & ~mask(prefix)) != 0) {
            throw new IllegalArgumentException("a range must begin with its lowest address");
        }
    }

    /**
     * Reads {@code address/prefix}.
     *
     * @throws IllegalArgumentException for anything else; the message doesn't repeat the text
     */
    public static Range parse(String text) {
        int slash = text.indexOf('/');
        if (text.length() > LONGEST || slash < 0) {
            throw new IllegalArgumentException("not a range of IPv4 addresses: ADDRESS/PREFIX");
        }
        return new Range(Ipv4.parse(text.substring(0, slash)), prefix(text.substring(slash + 1)));
    }

    /** The block of the given size that holds the address. */
    public static Range around(Ipv4 address, int prefix) {
        if (prefix < SHORTEST_PREFIX || prefix > 32) {
            throw new IllegalArgumentException("the prefix of a range must be between 8 and 32");
        }
        return new Range(new Ipv4(address.bits() & mask(prefix)), prefix);
    }

    private static int prefix(String digits) {
        if (!digits.matches("[1-9][0-9]?")) {
            throw new IllegalArgumentException("the prefix of a range must be between 8 and 32");
        }
        return Integer.parseInt(digits);
    }

    private static int mask(int prefix) {
        return -1 << (32 - prefix);
    }

    public boolean contains(Ipv4 address) {
        return (address.bits() & mask(prefix)) == first.bits();
    }

    /** Whether every address of the other block is in this one. */
    public boolean contains(Range other) {
        return other.prefix >= prefix && contains(other.first);
    }

    @Override
    public String toString() {
        return first + "/" + prefix;
    }
}
