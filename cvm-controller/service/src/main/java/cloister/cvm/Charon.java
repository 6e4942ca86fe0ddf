package cloister.cvm;

import cloister.vpn.Initiation;
import cloister.vpn.Sa;
import cloister.vpn.Tunnel;
import cloister.vpn.Tunnels;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * This machine's charon. It may die and be started again at any time, and then knows nothing: each use finds it, tells it again
 * who it is, and only then speaks of tunnels.
 */
final class Charon implements AutoCloseable {
    private final Path socket;
    private final MachineKey key;
    private final X509Certificate own;
    private final X509Certificate ca;
    private final Duration patience;
    private @Nullable Tunnels tunnels;

    Charon(Path socket, MachineKey key, X509Certificate own, X509Certificate ca, Duration patience) {
        this.socket = socket;
        this.key = key;
        this.own = own;
        this.ca = ca;
        this.patience = patience;
    }

    private interface Use<T> {
        T with(Tunnels tunnels) throws CharonLost, CharonRefused;
    }

    /** Loads a tunnel and brings it up; empty when it carries, else why it does not. */
    Initiation up(Tunnel tunnel, Duration limit) throws CharonLost, CharonRefused {
        return use(known -> {
            known.load(tunnel);
            return known.initiate(tunnel.name(), limit);
        });
    }

    /** Ends a tunnel and forgets it. */
    void down(String name) throws CharonLost, CharonRefused {
        use(known -> {
            known.unload(name);
            known.terminate(name);
            return true;
        });
    }

    /** Names of the tunnels that carry. */
    Set<String> carrying() throws CharonLost, CharonRefused {
        return use(known -> known.established().stream().map(Sa::name).collect(Collectors.toUnmodifiableSet()));
    }

    private <T> T use(Use<T> use) throws CharonLost, CharonRefused {
        Tunnels known = known();
        try {
            return use.with(known);
        } catch (CharonLost e) {
            forget(known);
            throw e;
        }
    }

    private synchronized Tunnels known() throws CharonLost, CharonRefused {
        Tunnels known = tunnels;
        if (known == null) {
            known = Tunnels.open(socket, patience);
            boolean told = false;
            try {
                known.loadIdentity(key, own, ca);
                told = true;
            } finally {
                if (!told) {
                    known.close();
                }
            }
            tunnels = known;
        }
        return known;
    }

    private synchronized void forget(Tunnels lost) {
        lost.close();
        if (tunnels == lost) {
            tunnels = null;
        }
    }

    @Override
    public synchronized void close() {
        if (tunnels != null) {
            tunnels.close();
            tunnels = null;
        }
    }
}
