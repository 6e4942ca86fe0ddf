package cloister.vpn.vici;

/** Charon heard the command and said no. The conversation goes on. Asking the same again will not help by itself. */
public final class CharonRefused extends Exception {
    private static final long serialVersionUID = 1L;
    private static final int MOST_CHARACTERS = 300;

    public CharonRefused(String command, String why) {
        super("charon refused " + command + ": " + printable(why));
    }

    /** What the daemon says may repeat what a peer claimed: one short line of ASCII is enough for a log. */
    static String printable(String text) {
        String cut = text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) : text;
        return cut.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
