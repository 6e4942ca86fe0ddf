package cloister.broker;

/** Constants of the boot channel: UTF-8 lines of JSON on a virtio-serial port; unknown fields are refused. */
public final class BootChannel {
    private static final int VERSION = 1;
    private static final int LONGEST_LINE_BYTES = 64 * 1024;

    private BootChannel() {}

    public static int version() {
        return VERSION;
    }

    /** Name of the virtio-serial port. */
    public static String port() {
        return "org.cloister.boot";
    }

    /** The line by which a guest says that it reads; the host answers with a {@link BootLine}. */
    public static String ready() {
        return "ready";
    }

    /** A longer line is refused before it is read. */
    public static int longestLineBytes() {
        return LONGEST_LINE_BYTES;
    }
}
