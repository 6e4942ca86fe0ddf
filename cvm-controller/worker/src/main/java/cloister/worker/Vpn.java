package cloister.worker;

import cloister.vpn.Tunnel;
import cloister.vpn.Tunnels;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.vici.CharonRefused;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;

/** What the worker needs of charon. A new connection each time: charon may be another one by now. */
interface Vpn {
    /** Loads the worker's identity and its one tunnel. */
    void load(MachineKey key, X509Certificate own, X509Certificate ca, Tunnel tunnel) throws IOException;

    /** Whether charon still knows the tunnel. */
    boolean knows(String tunnel) throws IOException;

    /**
     * The charon of this machine.
     *
     * @param socket of its vici
     */
    record Charon(Path socket) implements Vpn {
        @Override
        public void load(MachineKey key, X509Certificate own, X509Certificate ca, Tunnel tunnel) throws IOException {
            try (var tunnels = Tunnels.open(socket)) {
                tunnels.loadIdentity(key, own, ca);
                tunnels.load(tunnel);
            } catch (CharonRefused e) {
                throw new IOException("charon refused the tunnel", e);
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
