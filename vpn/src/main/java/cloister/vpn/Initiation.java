package cloister.vpn;

/** What came of bringing a tunnel up. */
public sealed interface Initiation {
    /** The tunnel carries traffic, whoever brought it up. */
    record Up(Sa sa) implements Initiation {}

    /** It does not yet. Charon may go on trying: look again, or ask again. The reason is for a log. */
    record NotUp(String why) implements Initiation {}
}
