package cloister.cli.doctor;

import java.util.List;

/** What is to be said of one item. */
sealed interface Verdict {
    /** As it must be. */
    record Ok(String seen) implements Verdict {}

    /** Not as it must be. The remedy is the item's own, what was seen tells why it is needed. */
    record Wrong(String seen) implements Verdict {}

    /**
     * Not known.
     *
     * @param visible whether it could be seen from this machine at another time; only then does it count as a failure to look
     */
    record Unknown(String why, boolean visible) implements Verdict {}

    static Verdict ok(String seen) {
        return new Ok(seen);
    }

    static Verdict wrong(String seen) {
        return new Wrong(seen);
    }

    /** What this machine can't see at any time. */
    static Verdict notFromHere(String why) {
        return new Unknown(why, false);
    }

    /** Wrong with all troubles in one line, or right where there are none. */
    static Verdict unless(List<String> troubles, String otherwise) {
        return troubles.isEmpty() ? new Ok(otherwise) : new Wrong(String.join("; ", troubles));
    }
}
