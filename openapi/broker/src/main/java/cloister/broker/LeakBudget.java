package cloister.broker;

/**
 * How much a project could tell the backend at most, if everything in the project conspired: the choice of every number in
 * every message, and the moment of each message, at the rates that the broker admits. No text crosses; this is what is left.
 */
public final class LeakBudget {
    private static final int BITS_PER_HOUR = 750_000;

    private LeakBudget() {}

    /** Ceiling over all verbs of one project; a test counts the bits from the types and the rates and holds it. */
    public static int bitsPerHour() {
        return BITS_PER_HOUR;
    }
}
