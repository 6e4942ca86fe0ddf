package cloister.worker;

import cloister.vpn.Initiation;
import cloister.vpn.Sa;
import cloister.vpn.Tunnel;
import cloister.vpn.Tunnels;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.vici.CharonRefused;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What the worker needs of charon. A new connection each time: charon may be another one by now. */
interface Vpn {
    /** Loads the worker's identity and its tunnels. */
    void load(MachineKey key, X509Certificate own, X509Certificate ca, List<Tunnel> all) throws IOException;

    /** Brings a loaded tunnel up; empty when it carries, else why it does not. */
    Optional<String> bringUp(String tunnel, Duration limit) throws IOException;

    /** Names of the tunnels that carry. */
    Set<String> carrying() throws IOException;

    /** Whether charon still knows the tunnel. */
    boolean knows(String tunnel) throws IOException;

    /**
     * The charon of this machine.
     *
     * @param socket of its vici
     */
    record Charon(Path socket) implements Vpn {
        @Override
        public void load(MachineKey key, X509Certificate own, X509Certificate ca, List<Tunnel> all) throws IOException {
            try (var tunnels = Tunnels.open(socket)) {
                tunnels.loadIdentity(key, own, ca);
                for (Tunnel tunnel : all) {
                    tunnels.load(tunnel);
                }
            } catch (CharonRefused e) {
                throw new IOException("charon refused a tunnel", e);
            }
        }

        @Override
        public Optional<String> bringUp(String tunnel, Duration limit) throws IOException {
            try (var tunnels = Tunnels.open(socket)) {
                return switch (tunnels.initiate(tunnel, limit)) {
                    case Initiation.Up _ -> Optional.empty();
                    case Initiation.NotUp(String why) -> Optional.of(why);
                };
            }
        }

        @Override
        public Set<String> carrying() throws IOException {
            try (var tunnels = Tunnels.open(socket)) {
                return tunnels.established().stream().map(Sa::name).collect(Collectors.toUnmodifiableSet());
            }
        }

        @Override
        public boolean knows(String tunnel) throws IOException {
            try (var tunnels = Tunnels.open(socket)) {
                return tunnels.loaded().contains(tunnel);
            } catch (CharonRefused e) {
                throw new IOException("charon doesn't tell its tunnels", e);
            }
        }
    }
}
