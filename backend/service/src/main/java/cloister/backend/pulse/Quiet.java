package cloister.backend.pulse;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;

/** Says a trouble once, not in every pass, and says when it is over. */
public final class Quiet {
    /** Troubles remembered; beyond that all are forgotten and said again. */
    private static final int MOST = 10_000;

    private final Logger log;
    private final Map<String, String> said = new ConcurrentHashMap<>();

    /** Speaks through the room's own log. */
    public Quiet(Logger log) {
        this.log = log;
    }

    /** There is trouble with this; it is logged where that is news. */
    public void trouble(String what, String why) {
        if (said.size() >= MOST) {
            said.clear();
        }
        if (!why.equals(said.put(what, why))) {
            log.warn("{}: {}", what, why);
        }
    }

    /** There is none; it is logged where there was. */
    public void fine(String what) {
        if (said.remove(what) != null) {
            log.info("{}: over", what);
        }
    }
}
