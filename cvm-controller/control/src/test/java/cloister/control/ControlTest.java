package cloister.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.PinnedTls;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real sockets and real TLS on both sides. */
@Timeout(60)
class ControlTest {
    private static final MachineKey WORKER = MachineKey.generate();
    private static final MachineKey CVM = MachineKey.generate();
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Patience SHORT =
            new Patience(Duration.ofMillis(1500), Duration.ofMillis(700), Duration.ofSeconds(10), 2);

    private final List<Request> heard = new CopyOnWriteArrayList<>();
    private final LinkedBlockingQueue<String> log = new LinkedBlockingQueue<>();
    private final ControlServer server;

    ControlTest() throws IOException {
        server = listen(log::add);
    }

    private ControlServer listen(Consumer<String> complaints) throws IOException {
        return ControlServer.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                WORKER,
                CVM.spki(),
                SHORT,
                this::answer,
                complaints);
    }

    @BeforeEach
    void warm_up() throws Exception {
        // The first handshake of a JVM loads a thousand classes; the limits under test are not about that. It goes to a
        // server of its own: one gives a place back only a moment after its client has gone.
        try (var other = listen(_ -> {});
                var client = client(other)) {
            client.status();
        }
        heard.clear();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private Answer answer(Request request) {
        heard.add(request);
        return switch (request) {
            case Request.Csr _ -> new Answer.Certified("AAEC");
            case Request.Admit _, Request.Leave _ -> new Answer.Accepted();
            case Request.Extend _ -> new Answer.Refused(RefusalCode.NOT_JOINED);
            case Request.Status _ -> new Answer.Stands(new Status(true, true, true, true, true, 5, Trouble.NONE));
            case Request.Usage _ -> new Answer.Used(new Usage(1, 2, 3));
        };
    }

    private InetSocketAddress address() {
        return address(server);
    }

    private static InetSocketAddress address(ControlServer server) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
    }

    private ControlClient client() throws IOException {
        return client(server);
    }

    private static ControlClient client(ControlServer server) throws IOException {
        return ControlClient.open(address(server), CVM, WORKER.spki(), LIMIT);
    }

    private Connection raw() throws IOException {
        var plain = new Socket(address().getAddress(), address().getPort());
        return Connection.asClient(plain, PinnedTls.context(CVM, WORKER.spki()::equals), LIMIT);
    }

    private String complaint() throws InterruptedException {
        String line = log.poll(20, TimeUnit.SECONDS);
        return line == null ? "nothing was logged" : line;
    }

    @Test
    void every_verb_gets_its_answer_over_one_connection() throws Exception {
        try (var client = client()) {
            assertThat(client.csr()).containsExactly(0, 1, 2);
            client.join(Samples.join());
            assertThat(client.status().joined()).isTrue();
            assertThat(client.usage()).isEqualTo(new Usage(1, 2, 3));
            assertThatThrownBy(() -> client.extend(1_800_000_000L))
                    .isInstanceOfSatisfying(
                            Rejected.class,
                            refused -> assertThat(refused.code()).isEqualTo(RefusalCode.NOT_JOINED));
            client.leave();
        }
        assertThat(heard)
                .containsExactly(
                        new Request.Csr(),
                        new Request.Admit(Samples.join()),
                        new Request.Status(),
                        new Request.Usage(),
                        new Request.Extend(1_800_000_000L),
                        new Request.Leave());
        assertThat(log).isEmpty();
    }

    @Test
    void a_client_with_another_key_is_cut_before_it_can_ask() throws Exception {
        assertThatThrownBy(() -> {
                    try (var stranger = ControlClient.open(address(), MachineKey.generate(), WORKER.spki(), LIMIT)) {
                        stranger.status();
                    }
                })
                .isInstanceOf(IOException.class);
        assertThat(heard).isEmpty();
        assertThat(complaint()).startsWith("cut a connection");
    }

    @Test
    void a_worker_with_another_key_is_not_spoken_to() {
        assertThatThrownBy(() ->
                        ControlClient.open(address(), CVM, MachineKey.generate().spki(), LIMIT))
                .isInstanceOf(IOException.class);
        assertThat(heard).isEmpty();
    }

    @Test
    void a_huge_length_is_refused_before_anything_is_kept() throws Exception {
        var bytes =
                new java.io.ByteArrayInputStream(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 1});
        var frames = new Frames(bytes, java.io.OutputStream.nullOutputStream());
        assertThatThrownBy(() -> frames.rest(frames.opening().orElseThrow()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("65536");
        assertThat(bytes.available()).as("nothing behind the length was read").isEqualTo(1);
        for (byte[] length : List.of(new byte[] {0x7f, 0, 0, 0}, new byte[] {0, 1, 0, 1}, new byte[] {0, 0, 0, 0})) {
            try (var hostile = rawStream()) {
                hostile.out(length);
                assertThat(hostile.in().read()).isEqualTo(-1);
            }
            assertThat(complaint()).contains("between 1 and 65536");
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void half_a_frame_and_an_end_is_no_request() throws Exception {
        try (var hostile = rawStream()) {
            hostile.out(new byte[] {0, 0, 0, 17, '{'});
            hostile.closeOutput();
            assertThat(hostile.in().read()).isEqualTo(-1);
        }
        assertThat(complaint()).contains("ended within a frame");
        assertThat(heard).isEmpty();
    }

    @Test
    void a_frame_that_trickles_in_is_cut() throws Exception {
        long start = System.nanoTime();
        try (var hostile = rawStream()) {
            hostile.out(new byte[] {0, 0, 1, 0});
            // A byte each time that a read has waited 50 ms in vain: each alone is within any limit for a single read.
            assertThatThrownBy(() -> {
                        hostile.plain().setSoTimeout(50);
                        while (true) {
                            hostile.out(new byte[] {' '});
                            try {
                                if (hostile.in().read() < 0) {
                                    throw new IOException("cut");
                                }
                            } catch (java.net.SocketTimeoutException e) {
                                assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
                            }
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        assertThat(complaint()).startsWith("cut a connection");
        assertThat(heard).isEmpty();
    }

    @Test
    void a_handshake_that_never_comes_is_cut_and_frees_its_place() throws Exception {
        var silent = new java.util.ArrayList<Socket>();
        for (int i = 0; i < SHORT.connections(); i++) {
            silent.add(new Socket(address().getAddress(), address().getPort()));
        }
        for (Socket socket : silent) {
            try (socket) {
                socket.setSoTimeout(20_000);
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(complaint()).startsWith("cut a connection");
        }
        try (var client = client()) {
            assertThat(client.status().slurmd()).isTrue();
        }
    }

    @Test
    void one_connection_too_many_is_closed_at_once() throws Exception {
        try (var first = client();
                var second = client()) {
            first.status();
            second.status();
            assertThatThrownBy(this::client).isInstanceOf(IOException.class);
            assertThat(complaint()).startsWith("too many connections");
            first.status();
        }
    }

    @Test
    void what_is_no_message_is_refused_and_the_connection_closed() throws Exception {
        try (var connection = raw()) {
            var frames = connection.frames();
            frames.send("{\"verb\":\"shell\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            byte[] answer = frames.rest(frames.opening().orElseThrow());
            assertThat(new Messages().answer(answer)).isEqualTo(new Answer.Refused(RefusalCode.MALFORMED));
            assertThat(frames.opening()).isEmpty();
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void a_worker_that_does_not_answer_costs_no_more_than_the_limit() throws Exception {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> ControlClient.open(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), silent.getLocalPort()),
                            CVM,
                            WORKER.spki(),
                            Duration.ofMillis(300)))
                    .isInstanceOf(IOException.class);
        }
    }

    private Hostile rawStream() throws IOException {
        var plain = new Socket(address().getAddress(), address().getPort());
        var tls = (javax.net.ssl.SSLSocket) PinnedTls.context(CVM, WORKER.spki()::equals)
                .getSocketFactory()
                .createSocket(plain, "worker", server.port(), true);
        var parameters = tls.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"cloister-control/2"});
        tls.setSSLParameters(parameters);
        tls.startHandshake();
        return new Hostile(plain, tls);
    }

    /** The pinned peer gone bad: it has the right key and says the wrong things. */
    private record Hostile(Socket plain, javax.net.ssl.SSLSocket tls) implements AutoCloseable {
        InputStream in() throws IOException {
            return tls.getInputStream();
        }

        void out(byte[] bytes) throws IOException {
            tls.getOutputStream().write(bytes);
            tls.getOutputStream().flush();
        }

        void closeOutput() throws IOException {
            tls.shutdownOutput();
        }

        @Override
        public void close() throws IOException {
            plain.close();
        }
    }
}
