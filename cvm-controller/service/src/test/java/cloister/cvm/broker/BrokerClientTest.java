package cloister.cvm.broker;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.Isolation;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.LeaseState;
import cloister.broker.Limits;
import cloister.isolation.Endpoint;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.PinnedTls;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a broker in this JVM, over real TLS. */
class BrokerClientTest {
    private static final LeaseRequest REQUEST = new LeaseRequest(1, 2, 1, 1024, GpuKind.NONE, 0, 1024, 30, true);

    private record Seen(String line, String body) {}

    private final MachineKey own = MachineKey.generate();
    private final MachineKey brokers = MachineKey.generate();
    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private HttpsServer server = start(brokers);
    private int status = 200;
    private String answer = "";

    private static HttpsServer start(MachineKey key) {
        try {
            HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            SSLContext context = PinnedTls.context(key, _ -> true);
            server.setHttpsConfigurator(new HttpsConfigurator(context) {
                @Override
                public void configure(HttpsParameters parameters) {
                    SSLParameters tls = context.getDefaultSSLParameters();
                    tls.setNeedClientAuth(true);
                    parameters.setSSLParameters(tls);
                }
            });
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            return server;
        } catch (IOException e) {
            throw new IllegalStateException("no broker in this JVM", e);
        }
    }

    @BeforeEach
    void serve() {
        server.createContext("/", this::handle);
        server.start();
    }

    @AfterEach
    void stop() {
        end.countDown();
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        seen.add(new Seen(exchange.getRequestMethod() + " " + exchange.getRequestURI(), body));
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private BrokerClient client(Duration limit) {
        return new BrokerClient(
                new Endpoint(Ipv4.parse("127.0.0.1"), server.getAddress().getPort()), own, brokers.spki(), limit);
    }

    private BrokerClient client() {
        return client(Duration.ofSeconds(20));
    }

    @Test
    void a_lease_is_asked_for_with_numbers_and_codes_only() throws InterruptedException {
        assertThat(client().ask(7, REQUEST)).isInstanceOf(Reply.Known.class);

        Seen request = seen.take();
        assertThat(request.line()).isEqualTo("PUT /broker/v1/leases/7");
        assertThat(request.body())
                .isEqualTo("{\"member\":1,\"workers\":2,\"cpus\":1,\"memMiB\":1024,\"gpuKind\":\"NONE\",\"gpus\":0,"
                        + "\"scratchMiB\":1024,\"termMin\":30,\"spread\":true}");
    }

    @Test
    void the_list_of_leases_is_read() throws InterruptedException {
        answer =
                "{\"revision\":12,\"leases\":[{\"n\":3,\"state\":\"QUEUED\",\"reason\":\"QUEUED_PRIORITY\",\"workers\":[]}]}";

        assertThat(client().leases(11, Duration.ofSeconds(2))).isInstanceOfSatisfying(Reply.Known.class, known -> {
            LeaseList list = (LeaseList) known.value();
            assertThat(list.revision()).isEqualTo(12);
            assertThat(list.leases().getFirst().state()).isEqualTo(LeaseState.QUEUED);
        });
        assertThat(seen.take().line()).isEqualTo("GET /broker/v1/leases?since=11&wait=2");
    }

    @Test
    void a_refusal_is_known_as_one() throws InterruptedException {
        status = 422;
        answer = "{\"status\":422,\"title\":\"x\",\"detail\":\"y\"}";

        assertThat(client().ask(7, REQUEST)).isEqualTo(new Reply.Refused<>(422));
    }

    @Test
    void trouble_at_the_broker_is_unknown_and_never_a_no() throws InterruptedException {
        for (int trouble : List.of(500, 502, 503, 504, 429)) {
            status = trouble;
            assertThat(client().ask(7, REQUEST)).as("status %d", trouble).isInstanceOf(Reply.Unknown.class);
        }
    }

    @Test
    void what_the_broker_does_not_have_is_given_back() throws InterruptedException {
        status = 404;

        assertThat(client().giveBack(7)).isInstanceOf(Reply.Known.class);
        assertThat(client().giveBack(7, 2)).isInstanceOf(Reply.Known.class);
        assertThat(seen.stream().map(Seen::line))
                .containsExactly("DELETE /broker/v1/leases/7", "DELETE /broker/v1/leases/7/workers/2");
    }

    @Test
    void an_answer_with_a_field_that_was_not_agreed_is_not_taken() throws InterruptedException {
        answer = "{\"revision\":12,\"leases\":[],\"more\":1}";

        assertThat(client().leases(0, Duration.ZERO)).isInstanceOf(Reply.Unknown.class);
    }

    @Test
    void a_number_in_quotes_is_not_taken_for_a_number() throws InterruptedException {
        answer = "{\"revision\":\"12\",\"leases\":[]}";

        assertThat(client().leases(0, Duration.ZERO)).isInstanceOf(Reply.Unknown.class);
    }

    @Test
    void a_broker_with_another_key_hears_nothing() throws InterruptedException {
        server.stop(0);
        server = start(MachineKey.generate());
        serve();

        assertThat(client().ask(7, REQUEST)).isInstanceOf(Reply.Unknown.class);
        assertThat(seen).isEmpty();
    }

    @Test
    void a_broker_that_does_not_answer_is_not_waited_for_longer_than_the_limit() throws InterruptedException {
        server.removeContext("/");
        server.createContext("/", _ -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        long start = System.nanoTime();

        assertThat(client(Duration.ofSeconds(1)).limits()).isInstanceOf(Reply.Unknown.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(2));
    }

    @Test
    void limits_are_read() throws InterruptedException {
        answer = """
                {"maxCpus":4,"maxMemMiB":3072,"maxWorkers":8,"maxTermMin":480,"maxScratchMiB":2048,"maxGpus":0,
                 "memStepMiB":256,"scratchStepMiB":256,"termStepMin":5,"gpuKinds":["NONE"],"idleSeconds":30,"isolation":"USER","warmWorkers":0,"dayCpuMin":60,
                 "spread":true,"nextLease":3}""";

        assertThat(client().limits())
                .isEqualTo(new Reply.Known<>(new Limits(
                        4,
                        3072,
                        8,
                        480,
                        2048,
                        0,
                        256,
                        256,
                        5,
                        List.of(GpuKind.NONE),
                        30,
                        true,
                        Isolation.USER,
                        0,
                        60,
                        3)));
        assertThat(seen.take().line()).isEqualTo("GET /broker/v1/limits");
    }
}
