package cloister.vpn;

import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import cloister.vpn.vici.Session;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Says that something about the tunnels changed, so that a loop looks sooner. It does not say what: charon also reports the failure of
 * an impostor under the name that it claimed, and only {@link Tunnels#established()} tells the truth.
 */
public final class TunnelChanges implements AutoCloseable {
    private static final List<String> EVENTS = List.of("ike-updown", "child-updown");
    private final Session session;

    private TunnelChanges(Session session) {
        this.session = session;
    }

    /** A conversation with charon of its own. */
    public static TunnelChanges open(Path socket, Duration limit) throws CharonLost, CharonRefused {
        Session session = Session.open(socket, limit);
        boolean whole = false;
        try {
            for (String event : EVENTS) {
                session.register(event, limit);
            }
            whole = true;
            return new TunnelChanges(session);
        } finally {
            if (!whole) {
                session.close();
            }
        }
    }

    /** True as soon as something changed, false when nothing did in this time. Throws at once when charon dies. */
    public boolean await(Duration limit) throws CharonLost {
        return session.nextEvent(limit).isPresent();
    }

    @Override
    public void close() {
        session.close();
    }
}
