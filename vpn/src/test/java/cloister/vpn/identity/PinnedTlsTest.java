package cloister.vpn.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PinnedTlsTest {
    private static final int PATIENCE_MILLIS = 10_000;

    private final MachineKey server = MachineKey.generate();
    private final MachineKey client = MachineKey.generate();
    private final MachineKey stranger = MachineKey.generate();

    private static Predicate<Spki> only(MachineKey key) {
        return key.spki()::equals;
    }

    // A client that the server cuts learns of it by an alert, or by a broken pipe when it is still writing: an
    // IOException.

    /** What each side saw of one connection over which one byte goes there and one back. */
    private record Seen(Spki byClient, Spki byServer, String protocol) {}

    private static Seen talk(SSLContext serverSide, SSLContext clientSide) throws Exception {
        try (SSLServerSocket listening = listen(serverSide)) {
            CompletableFuture<Spki> answered = answering(listening);
            return call(clientSide, listening.getLocalPort(), answered);
        }
    }

    private static SSLServerSocket listen(SSLContext context) throws IOException {
        var socket = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress());
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static CompletableFuture<Spki> answering(SSLServerSocket listening) {
        var result = new CompletableFuture<Spki>();
        Thread.ofVirtual().start(() -> {
            try (SSLSocket socket = (SSLSocket) listening.accept()) {
                socket.setSoTimeout(PATIENCE_MILLIS);
                int in = socket.getInputStream().read();
                Spki peer = PinnedTls.peer(socket.getSession());
                socket.getOutputStream().write(in + 1);
                result.complete(peer);
            } catch (IOException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private static Seen call(SSLContext context, int port, CompletableFuture<Spki> answered) throws Exception {
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(41);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
            return new Seen(
                    PinnedTls.peer(socket.getSession()),
                    answered.get(10, TimeUnit.SECONDS),
                    socket.getSession().getProtocol());
        }
    }

    @Test
    void pinned_peers_talk_tls_13_and_know_each_other_s_key() throws Exception {
        Seen seen = talk(PinnedTls.context(server, only(client)), PinnedTls.context(client, only(server)));
        assertThat(seen).isEqualTo(new Seen(server.spki(), client.spki(), "TLSv1.3"));
    }

    @Test
    void server_cuts_a_client_with_another_key() throws Exception {
        try (SSLServerSocket listening = listen(PinnedTls.context(server, only(client)))) {
            CompletableFuture<Spki> answered = answering(listening);
            SSLContext wrong = PinnedTls.context(stranger, only(server));
            assertThatThrownBy(() -> call(wrong, listening.getLocalPort(), answered))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> answered.get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(SSLException.class)
                    .hasStackTraceContaining("not one that was pinned");
        }
    }

    @Test
    void client_cuts_a_server_with_another_key() throws Exception {
        try (SSLServerSocket listening = listen(PinnedTls.context(stranger, only(client)))) {
            CompletableFuture<Spki> answered = answering(listening);
            SSLContext caller = PinnedTls.context(client, only(server));
            assertThatThrownBy(() -> call(caller, listening.getLocalPort(), answered))
                    .isInstanceOf(SSLException.class)
                    .hasStackTraceContaining("not one that was pinned");
            assertThatThrownBy(() -> answered.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void server_cuts_a_client_that_shows_no_certificate() throws Exception {
        SSLContext bare = SSLContext.getInstance("TLSv1.3");
        bare.init(null, new TrustManager[] {new Trusting()}, null);
        try (SSLServerSocket listening = listen(PinnedTls.context(server, key -> true))) {
            CompletableFuture<Spki> answered = answering(listening);
            assertThatThrownBy(() -> call(bare, listening.getLocalPort(), answered))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> answered.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void older_client_is_refused() throws Exception {
        SSLContext old = ordinary(client, "TLSv1.2");
        try (SSLServerSocket listening = listen(PinnedTls.context(server, key -> true))) {
            CompletableFuture<Spki> answered = answering(listening);
            assertThatThrownBy(() -> call(old, listening.getLocalPort(), answered))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> answered.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void older_server_is_refused() throws Exception {
        try (SSLServerSocket listening = listen(ordinary(server, "TLSv1.2"))) {
            listening.setEnabledProtocols(new String[] {"TLSv1.2"});
            CompletableFuture<Spki> answered = answering(listening);
            SSLContext caller = PinnedTls.context(client, key -> true);
            assertThatThrownBy(() -> call(caller, listening.getLocalPort(), answered))
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    void socket_that_was_loosened_to_tls_12_still_fails_at_the_key() throws Exception {
        SSLContext context = PinnedTls.context(server, key -> true);
        try (SSLServerSocket listening = listen(context)) {
            listening.setEnabledProtocols(new String[] {"TLSv1.2"});
            CompletableFuture<Spki> answered = answering(listening);
            SSLContext old = ordinary(client, "TLSv1.2");
            assertThatThrownBy(() -> call(old, listening.getLocalPort(), answered))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> answered.get(10, TimeUnit.SECONDS)).hasStackTraceContaining("only TLSv1.3");
        }
    }

    @Test
    void no_session_is_resumed_so_a_key_that_fell_out_of_favour_is_cut_at_once() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AtomicReference<MachineKey> liked = new AtomicReference<>(client);
        SSLContext serverSide = PinnedTls.context(server, key -> {
            asked.incrementAndGet();
            return key.equals(liked.get().spki());
        });
        SSLContext clientSide = PinnedTls.context(client, only(server));
        // As an embedded HTTP server does.
        serverSide.getServerSessionContext().setSessionTimeout(86_400);
        clientSide.getClientSessionContext().setSessionTimeout(86_400);
        try (SSLServerSocket listening = listen(serverSide)) {
            call(clientSide, listening.getLocalPort(), answering(listening));
            call(clientSide, listening.getLocalPort(), answering(listening));
            assertThat(asked).hasValue(2);
            liked.set(stranger);
            assertThatThrownBy(() -> call(clientSide, listening.getLocalPort(), answering(listening)))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void check_that_throws_lets_nobody_in() throws Exception {
        SSLContext broken = PinnedTls.context(server, key -> {
            throw new IllegalStateException("the list of peers is broken");
        });
        try (SSLServerSocket listening = listen(broken)) {
            CompletableFuture<Spki> answered = answering(listening);
            SSLContext caller = PinnedTls.context(client, only(server));
            assertThatThrownBy(() -> call(caller, listening.getLocalPort(), answered))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> answered.get(10, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        }
    }

    @Test
    void http_client_reaches_an_address_literal_whose_key_is_pinned() throws Exception {
        HttpsServer https = https(PinnedTls.context(server, only(client)));
        try {
            assertThat(get(PinnedTls.context(client, only(server)), https).body())
                    .isEqualTo(client.spki().base64() + " TLSv1.3");
            assertThatThrownBy(() -> get(PinnedTls.context(client, only(stranger)), https))
                    .isInstanceOf(IOException.class)
                    .hasStackTraceContaining("not one that was pinned");
            assertThatThrownBy(() -> get(PinnedTls.context(stranger, only(server)), https))
                    .isInstanceOf(IOException.class);
        } finally {
            https.stop(0);
        }
    }

    @Test
    void engine_starts_with_tls_13_and_required_client_key() {
        SSLContext context = PinnedTls.context(server, only(client));
        for (SSLEngine engine : new SSLEngine[] {context.createSSLEngine(), context.createSSLEngine("10.0.0.1", 1)}) {
            engine.setUseClientMode(false);
            assertThat(engine.getEnabledProtocols()).containsExactly("TLSv1.3");
            assertThat(engine.getNeedClientAuth()).isTrue();
            assertThat(engine.getSSLParameters().getNamedGroups()).containsExactly("secp256r1");
        }
        assertThat(context.getSupportedSSLParameters().getProtocols()).containsExactly("TLSv1.3");
        assertThat(context.getDefaultSSLParameters().getNeedClientAuth()).isTrue();
    }

    @Test
    void session_without_a_peer_has_no_key() {
        SSLEngine engine = PinnedTls.context(server, only(client)).createSSLEngine();
        assertThatThrownBy(() -> PinnedTls.peer(engine.getSession())).isInstanceOf(SSLPeerUnverifiedException.class);
    }

    private static HttpsServer https(SSLContext context) throws IOException {
        HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(context));
        https.createContext("/", exchange -> {
            var session = ((HttpsExchange) exchange).getSSLSession();
            byte[] body = (PinnedTls.peer(session).base64() + " " + session.getProtocol())
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        https.start();
        return https;
    }

    private static HttpResponse<String> get(SSLContext context, HttpsServer https) throws Exception {
        URI uri = URI.create("https://127.0.0.1:" + https.getAddress().getPort() + "/");
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(context)
                .connectTimeout(Duration.ofSeconds(10))
                .build()) {
            return client.send(
                    HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    /** A context as anybody would make it, with the machine's key and trust in everything. */
    private static SSLContext ordinary(MachineKey key, String protocol) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("k", key.privateKey(), new char[0], new java.security.cert.Certificate[] {key.certificate()});
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance(protocol);
        context.init(keys.getKeyManagers(), new TrustManager[] {new Trusting()}, null);
        return context;
    }
}
