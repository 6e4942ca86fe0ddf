package cloister.backend.brokerport;

import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.PinnedTls;
import cloister.vpn.identity.Spki;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Calls the broker as a CVM does. */
public final class Caller implements AutoCloseable {
    private final HttpClient client;
    private final URI base;

    public Caller(MachineKey own, Spki broker, int port) {
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(PinnedTls.context(own, broker::equals))
                .connectTimeout(Duration.ofSeconds(10))
                .build();
        base = URI.create("https://127.0.0.1:" + port);
    }

    public HttpResponse<String> send(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest.BodyPublisher publisher =
                body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        return client.send(
                HttpRequest.newBuilder(base.resolve(path))
                        .method(method, publisher)
                        .timeout(Duration.ofSeconds(40))
                        .build(),
                HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        client.close();
    }
}
