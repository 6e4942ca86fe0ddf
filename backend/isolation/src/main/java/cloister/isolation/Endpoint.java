package cloister.isolation;

/**
 * A TCP service that a guest may call.
 *
 * @param address where it listens
 * @param port 1 to 65535
 */
public record Endpoint(Ipv4 address, int port) {
    /** Refuses a port out of bounds. */
    public Endpoint {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("a port must be between 1 and 65535");
        }
    }

    /**
     * Reads {@code address:port}.
     *
     * @throws IllegalArgumentException for anything else; the message doesn't repeat the text
     */
    public static Endpoint parse(String text) {
        int colon = text.indexOf(':');
        String port = text.substring(colon + 1);
        if (colon < 0 || !port.matches("[1-9][0-9]{0,4}")) {
            throw new IllegalArgumentException("not an IPv4 endpoint: ADDRESS:PORT");
        }
        return new Endpoint(Ipv4.parse(text.substring(0, colon)), Integer.parseInt(port));
    }

    @Override
    public String toString() {
        return address + ":" + port;
    }
}
