package cloister.control;

import java.util.regex.Pattern;

/**
 * A line of {@code /etc/hosts}.
 *
 * @param name {@code [a-z][a-z0-9-]{0,30}}, never {@code localhost}
 * @param address its address on the overlay
 */
public record HostEntry(String name, String address) {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,30}");

    /** Refuses what is out of bounds. */
    public HostEntry {
        Bounds.like("name", name, NAME, 31);
        if (name.equals("localhost")) {
            throw new IllegalArgumentException("name must not be localhost");
        }
        Bounds.address("address", address);
    }
}
