package cloister.vpn.identity;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.function.Predicate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3 between machines that know each other's public key. Names, issuers and dates of certificates are not looked at: the
 * key is compared, and the handshake proves that the peer holds it.
 */
public final class PinnedTls {
    private static final String ONLY = "TLSv1.3";

    private PinnedTls() {}

    /**
     * For both roles. As a server it asks for the client's certificate and takes no client without one; a frame that sets its own
     * parameters (an HTTP server, say) must be told to require it too, and {@link #peer} then throws where it was not.
     *
     * <p>Sessions are never resumed, so {@code accepts} is asked in every handshake and may change its mind. It may be called by
     * several threads at once; when it throws, the handshake fails.
     *
     * @param accepts whether the peer with this key may go on; every other peer is cut inside the handshake. In TLS 1.3 a client
     *     learns of that at its first read, not in its own handshake.
     */
    public static SSLContext context(MachineKey own, Predicate<Spki> accepts) {
        try {
            SSLContext context = SSLContext.getInstance(ONLY);
            context.init(new KeyManager[] {new OneKey(own)}, new TrustManager[] {new OnlyPinned(accepts)}, null);
            return StrictContext.over(context);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS 1.3", e);
        }
    }

    /** The key of the other side of a finished handshake. Throws when it showed none: cut the connection then. */
    public static Spki peer(SSLSession session) throws SSLPeerUnverifiedException {
        if (session.getPeerCertificates()[0] instanceof X509Certificate certificate) {
            try {
                return Spki.of(certificate.getPublicKey());
            } catch (IllegalArgumentException e) {
                throw refusal(e);
            }
        }
        throw new SSLPeerUnverifiedException("the peer's certificate is not X.509");
    }

    private static SSLPeerUnverifiedException refusal(IllegalArgumentException cause) {
        var refusal = new SSLPeerUnverifiedException("the peer's key is not on P-256");
        refusal.initCause(cause);
        return refusal;
    }

    /** Offers the machine's own key whoever asks and whatever issuers they would like. */
    private static final class OneKey extends X509ExtendedKeyManager {
        private static final String ALIAS = "machine";
        private static final String TYPE = "EC";
        private final MachineKey own;

        OneKey(MachineKey own) {
            this.own = own;
        }

        private static @Nullable String alias(@Nullable String... types) {
            for (String type : types) {
                if (TYPE.equals(type)) {
                    return ALIAS;
                }
            }
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return alias(types);
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] types, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return alias(types);
        }

        @Override
        public @Nullable String chooseServerAlias(
                String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return alias(type);
        }

        @Override
        public @Nullable String chooseEngineServerAlias(
                String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return alias(type);
        }

        @Override
        public String[] getClientAliases(String type, Principal @Nullable [] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public String[] getServerAliases(String type, Principal @Nullable [] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {own.certificate()};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return own.privateKey();
        }
    }

    /** Compares keys. An extended trust manager, because JSSE would add checks of names and algorithms to a plain one. */
    private static final class OnlyPinned extends X509ExtendedTrustManager {
        private final Predicate<Spki> accepts;

        OnlyPinned(Predicate<Spki> accepts) {
            this.accepts = accepts;
        }

        private void check(X509Certificate[] chain, @Nullable SSLSession handshake) throws CertificateException {
            if (handshake == null || !handshake.getProtocol().equals(ONLY)) {
                throw new CertificateException("only " + ONLY + " is spoken here");
            }
            if (chain.length != 1) {
                throw new CertificateException("a machine shows one certificate, its own");
            }
            Spki peer;
            try {
                peer = Spki.of(chain[0].getPublicKey());
            } catch (IllegalArgumentException e) {
                throw new CertificateException("the peer's key is not on P-256", e);
            }
            if (!accepts.test(peer)) {
                throw new CertificateException("the peer's key is not one that was pinned");
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain, engine.getHandshakeSession());
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain, engine.getHandshakeSession());
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain, ((SSLSocket) socket).getHandshakeSession());
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain, ((SSLSocket) socket).getHandshakeSession());
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain, null);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain, null);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
