package cloister.backend.host;

import java.util.regex.Pattern;

/**
 * A VM host: one node of the global Slurm.
 *
 * @param name its name in Slurm, in the libvirt URI and in its certificate: letters, digits and hyphens in labels with
 *     dots between them (RFC 1123), lower case, at most 64 characters
 * @param service whether CVMs may live on it
 */
public record Host(String name, boolean service) {
    private static final int LONGEST = 64;
    private static final Pattern NAME =
            Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?" + "(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*");

    /** Refuses any other name: it becomes part of a URI. */
    public Host {
        if (name.length() > LONGEST || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a host's name has lower-case letters, digits, hyphens and dots, at most 64: as in slurm.conf");
        }
    }
}
