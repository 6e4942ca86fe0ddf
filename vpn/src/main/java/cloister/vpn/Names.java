package cloister.vpn;

import java.util.regex.Pattern;

/** Names of machines, as they stand in certificates and as IKE identities, for instance {@code w3-1.p7.cloister}. */
final class Names {
    /** An X.520 common name has at most 64 characters; ours fit. */
    private static final int LONGEST = 64;

    private static final Pattern DNS = Pattern.compile("([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)*[a-z]([a-z0-9-]*[a-z0-9])?");

    private Names() {}

    /**
     * Returns the name. Throws {@link IllegalArgumentException} unless it is a lower-case DNS name: no wildcard, no address, nothing
     * that charon would take for another kind of identity.
     */
    static String checked(String name) {
        if (name.length() > LONGEST || !DNS.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a machine's name is a lower-case DNS name of at most " + LONGEST + " characters");
        }
        return name;
    }
}
