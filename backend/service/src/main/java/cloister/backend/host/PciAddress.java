package cloister.backend.host;

import java.util.regex.Pattern;

/**
 * Where a device is on its host.
 *
 * @param text domain, bus, slot and function as lspci -D writes them: {@code 0000:3b:00.0}
 */
public record PciAddress(String text) {
    private static final Pattern ADDRESS = Pattern.compile("[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]");
    private static final int BUS = 5;
    private static final int SLOT = 8;
    private static final int FUNCTION = 11;

    /** Refuses any other text. */
    public PciAddress {
        if (!ADDRESS.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a PCI address such as 0000:3b:00.0, as lspci -D");
        }
    }

    /** Its domain, four hexadecimal digits. */
    public String domain() {
        return text.substring(0, BUS - 1);
    }

    /** Its bus, two hexadecimal digits. */
    public String bus() {
        return text.substring(BUS, SLOT - 1);
    }

    /** Its slot, two hexadecimal digits. */
    public String slot() {
        return text.substring(SLOT, FUNCTION - 1);
    }

    /** Its function, one digit. */
    public String function() {
        return text.substring(FUNCTION);
    }
}
