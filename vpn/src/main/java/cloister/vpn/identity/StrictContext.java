package cloister.vpn.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.util.Enumeration;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A context whose sockets and engines start out strict. The platform's own "TLSv1.3" context also speaks 1.2, asks no client for
 * a certificate, and would let a resumed session in without asking the trust manager again.
 */
final class StrictContext extends SSLContextSpi {
    private static final String[] PROTOCOLS = {"TLSv1.3"};
    /** The curve of the keys themselves: a second one would be a second key share, and other code to warm up in each new guest. */
    private static final String[] GROUPS = {"secp256r1"};
    /** One second more than seven days, the longest life of a ticket (RFC 8446, 4.6.1): JSSE then neither gives nor keeps any. */
    private static final int NO_TICKETS_SECONDS = 604_801;

    private final SSLContext inner;

    private StrictContext(SSLContext inner) {
        this.inner = inner;
    }

    static SSLContext over(SSLContext inner) {
        inner.getServerSessionContext().setSessionTimeout(NO_TICKETS_SECONDS);
        inner.getClientSessionContext().setSessionTimeout(NO_TICKETS_SECONDS);
        return new SSLContext(new StrictContext(inner), inner.getProvider(), inner.getProtocol()) {};
    }

    private static SSLParameters strict(SSLParameters parameters) {
        parameters.setProtocols(PROTOCOLS.clone());
        parameters.setNamedGroups(GROUPS.clone());
        parameters.setNeedClientAuth(true);
        return parameters;
    }

    private static SSLEngine strict(SSLEngine engine) {
        engine.setSSLParameters(strict(engine.getSSLParameters()));
        return engine;
    }

    private static Socket strict(Socket socket) {
        SSLSocket tls = (SSLSocket) socket;
        tls.setSSLParameters(strict(tls.getSSLParameters()));
        return tls;
    }

    private static ServerSocket strict(ServerSocket socket) {
        SSLServerSocket tls = (SSLServerSocket) socket;
        tls.setSSLParameters(strict(tls.getSSLParameters()));
        return tls;
    }

    @Override
    protected void engineInit(
            KeyManager @Nullable [] keys, TrustManager @Nullable [] trust, @Nullable SecureRandom random) {
        throw new IllegalStateException("this context has its key and its peers already");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
        return new Sockets(inner.getSocketFactory());
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
        return new ServerSockets(inner.getServerSocketFactory());
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
        return strict(inner.createSSLEngine());
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
        return strict(inner.createSSLEngine(host, port));
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
        return new NoResumption(inner.getServerSessionContext());
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
        return new NoResumption(inner.getClientSessionContext());
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
        return strict(inner.getDefaultSSLParameters());
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
        return strict(inner.getSupportedSSLParameters());
    }

    /** A view in which the timeout stays what it is: servers like to set one of their own, and that would bring the tickets back. */
    private record NoResumption(SSLSessionContext inner) implements SSLSessionContext {
        @Override
        public @Nullable SSLSession getSession(byte[] id) {
            return inner.getSession(id);
        }

        @Override
        public Enumeration<byte[]> getIds() {
            return inner.getIds();
        }

        @Override
        public void setSessionTimeout(int seconds) {
            // A peer may always decline to resume a session, so nobody who asks for it is owed an error.
        }

        @Override
        public int getSessionTimeout() {
            return inner.getSessionTimeout();
        }

        @Override
        public void setSessionCacheSize(int size) {
            inner.setSessionCacheSize(size);
        }

        @Override
        public int getSessionCacheSize() {
            return inner.getSessionCacheSize();
        }
    }

    private static final class Sockets extends SSLSocketFactory {
        private final SSLSocketFactory inner;

        Sockets(SSLSocketFactory inner) {
            this.inner = inner;
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return inner.getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return inner.getSupportedCipherSuites();
        }

        @Override
        public Socket createSocket() throws IOException {
            return strict(inner.createSocket());
        }

        @Override
        public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
            return strict(inner.createSocket(plain, host, port, autoClose));
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return strict(inner.createSocket(host, port));
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
            return strict(inner.createSocket(host, port, local, localPort));
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return strict(inner.createSocket(host, port));
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
            return strict(inner.createSocket(host, port, local, localPort));
        }
    }

    private static final class ServerSockets extends SSLServerSocketFactory {
        private final SSLServerSocketFactory inner;

        ServerSockets(SSLServerSocketFactory inner) {
            this.inner = inner;
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return inner.getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return inner.getSupportedCipherSuites();
        }

        @Override
        public ServerSocket createServerSocket() throws IOException {
            return strict(inner.createServerSocket());
        }

        @Override
        public ServerSocket createServerSocket(int port) throws IOException {
            return strict(inner.createServerSocket(port));
        }

        @Override
        public ServerSocket createServerSocket(int port, int backlog) throws IOException {
            return strict(inner.createServerSocket(port, backlog));
        }

        @Override
        public ServerSocket createServerSocket(int port, int backlog, @Nullable InetAddress local) throws IOException {
            return strict(inner.createServerSocket(port, backlog, local));
        }
    }
}
