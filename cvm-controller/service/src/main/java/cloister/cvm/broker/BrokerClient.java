package cloister.cvm.broker;

import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.broker.UsageReport;
import cloister.broker.Verb;
import cloister.isolation.Endpoint;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.PinnedTls;
import cloister.vpn.identity.Spki;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.core.JacksonException;

/** The broker over HTTPS: TLS 1.3, and both ends know each other's public key. */
public final class BrokerClient implements Broker {
    /** A list of some thousand workers; more is no answer of a broker. */
    private static final int LONGEST_ANSWER_BYTES = 4 * 1024 * 1024;

    private static final int OK = 200;
    private static final int REFUSALS = 400;
    private static final int TROUBLES = 500;

    private final HttpClient http;
    private final URI base;
    private final Duration limit;
    private final Wire wire = new Wire();

    /**
     * A client of one broker.
     *
     * @param own the key that this CVM said in its hello
     * @param broker the broker's key, as the boot line said
     * @param limit for each request, beside the time that a long poll waits
     */
    public BrokerClient(Endpoint address, MachineKey own, Spki broker, Duration limit) {
        this.base = URI.create("https://" + address + "/broker/v1/");
        this.limit = limit;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .proxy(ProxySelector.of(null))
                .connectTimeout(limit)
                .sslContext(PinnedTls.context(own, broker::equals))
                .build();
    }

    @Override
    public Reply<Limits> limits() throws InterruptedException {
        return get(Verb.GET_LIMITS.path(), Limits.class, limit);
    }

    @Override
    public Reply<Members> members() throws InterruptedException {
        return get("members", Members.class, limit);
    }

    @Override
    public Reply<LeaseList> leases(long since, Duration wait) throws InterruptedException {
        return get("leases?since=" + since + "&wait=" + wait.toSeconds(), LeaseList.class, limit.plus(wait));
    }

    @Override
    public Reply<Done> ask(int lease, LeaseRequest request) throws InterruptedException {
        return send("PUT", "leases/" + lease, wire.write(request));
    }

    @Override
    public Reply<Done> giveBack(int lease) throws InterruptedException {
        return gone(send("DELETE", "leases/" + lease, new byte[0]));
    }

    @Override
    public Reply<Done> giveBack(int lease, int worker) throws InterruptedException {
        return gone(send("DELETE", "leases/" + lease + "/workers/" + worker, new byte[0]));
    }

    @Override
    public Reply<Done> report(int lease, UsageReport usage) throws InterruptedException {
        return send("POST", "leases/" + lease + "/usage", wire.write(usage));
    }

    /** What the broker does not have is as good as given back. */
    private static Reply<Done> gone(Reply<Done> reply) {
        return reply instanceof Reply.Refused<Done> refused && (refused.status() == 404 || refused.status() == 410)
                ? new Reply.Known<>(new Done())
                : reply;
    }

    private <T> Reply<T> get(String path, Class<T> type, Duration time) throws InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(base.resolve(path)).timeout(time).GET().build();
        return exchange(request, time, type);
    }

    private Reply<Done> send(String method, String path, byte[] body) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path)).timeout(limit);
        if (body.length > 0) {
            request.header("Content-Type", "application/json");
        }
        request.method(
                method,
                body.length > 0 ? HttpRequest.BodyPublishers.ofByteArray(body) : HttpRequest.BodyPublishers.noBody());
        return exchange(request.build(), limit, Done.class);
    }

    private <T> Reply<T> exchange(HttpRequest request, Duration time, Class<T> type) throws InterruptedException {
        var answer = http.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                .thenApplyAsync(response -> read(response, type));
        try {
            // The request's own time-out ends with the headers; this one covers the body as well.
            return answer.get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return new Reply.Unknown<>(cause.getClass().getSimpleName());
        } catch (TimeoutException e) {
            return new Reply.Unknown<>("no answer in time");
        } finally {
            answer.cancel(true);
        }
    }

    private <T> Reply<T> read(HttpResponse<InputStream> response, Class<T> type) {
        int status = response.statusCode();
        try (InputStream body = response.body()) {
            byte[] bytes = body.readNBytes(LONGEST_ANSWER_BYTES + 1);
            if (status >= REFUSALS && status < TROUBLES) {
                return status == 408 || status == 429
                        ? new Reply.Unknown<>("the broker asks to come again")
                        : new Reply.Refused<>(status);
            }
            if (status < OK || status >= 300) {
                return new Reply.Unknown<>("status " + status);
            }
            if (type == Done.class) {
                return new Reply.Known<>(type.cast(new Done()));
            }
            if (bytes.length > LONGEST_ANSWER_BYTES) {
                return new Reply.Unknown<>("the answer is too long");
            }
            return new Reply.Known<>(wire.read(bytes, type));
        } catch (IOException e) {
            return new Reply.Unknown<>("the answer broke off");
        } catch (JacksonException e) {
            return new Reply.Unknown<>("the answer is not what was agreed");
        }
    }
}
