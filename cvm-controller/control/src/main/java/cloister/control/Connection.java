package cloister.control;

import cloister.vpn.identity.PinnedTls;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** One end of a connection after its handshake: both keys were found to be the pinned ones. */
final class Connection implements AutoCloseable {
    /** The version of everything inside: peers of another version are cut in the handshake (ALPN, RFC 7301). */
    private static final String PROTOCOL = "cloister-control/2";

    /** The curve of the keys themselves: an emulated worker then runs, and first compiles, one curve's arithmetic and not two. */
    private static final String[] CURVES = {"secp256r1"};

    private static final Duration FAREWELL = Duration.ofSeconds(2);

    private final Socket plain;
    private final SSLSocket tls;
    private final Frames frames;

    private Connection(Socket plain, SSLSocket tls) throws IOException {
        this.plain = plain;
        this.tls = tls;
        this.frames = new Frames(tls.getInputStream(), tls.getOutputStream());
    }

    static Connection asClient(Socket plain, SSLContext context, Duration limit) throws IOException {
        return over(plain, context, limit, true);
    }

    static Connection asServer(Socket plain, SSLContext context, Duration limit) throws IOException {
        return over(plain, context, limit, false);
    }

    private static Connection over(Socket plain, SSLContext context, Duration limit, boolean client)
            throws IOException {
        try (var _ = Deadlines.cut(plain, limit)) {
            plain.setTcpNoDelay(true);
            var tls = (SSLSocket) context.getSocketFactory()
                    .createSocket(plain, plain.getInetAddress().getHostAddress(), plain.getPort(), true);
            tls.setUseClientMode(client);
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {PROTOCOL});
            parameters.setNamedGroups(CURVES);
            parameters.setNeedClientAuth(true);
            tls.setSSLParameters(parameters);
            tls.startHandshake();
            if (!PROTOCOL.equals(tls.getApplicationProtocol())) {
                throw new IOException("the peer speaks no " + PROTOCOL);
            }
            PinnedTls.peer(tls.getSession());
            return new Connection(plain, tls);
        } catch (IOException e) {
            Deadlines.close(plain);
            throw e;
        }
    }

    Frames frames() {
        return frames;
    }

    Deadlines.Alarm limit(Duration limit) {
        return Deadlines.cut(plain, limit);
    }

    /** Says goodbye for two seconds at most. */
    @Override
    public void close() {
        try (var _ = Deadlines.cut(plain, FAREWELL)) {
            tls.close();
        } catch (IOException e) {
            // The peer is gone already: what is left is to free the descriptor.
            Deadlines.close(plain);
        }
    }
}
