package cloister.bridge.slurm;

import cloister.bridge.SlurmBridgeConfig;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.converter.json.JacksonJsonHttpMessageConverter;
import org.springframework.web.client.RestClient;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * How we talk to slurmrestd, whatever version of its API.
 *
 * @param client which identifies us, and bounds what it reads
 * @param mapper of JSON
 * @param base scheme, host and port
 * @param timeout how long one request may take, and how long it may wait for its turn
 */
record Connection(RestClient client, JsonMapper mapper, String base, Duration timeout) {
    /** A running job on one host is 12 KB in a list, so this is some 20,000 jobs; we keep little of it. */
    static final int MOST_BYTES = 256 * 1024 * 1024;

    private static final int MOST_NESTING = 64;
    private static final int LONGEST_STRING = 1024 * 1024;

    static Connection to(SlurmBridgeConfig config, TokenFile token, int mostBytes) {
        JsonMapper mapper = bounded(mostBytes);
        ClientHttpRequestInterceptor identify = (request, body, execution) -> {
            HttpHeaders headers = request.getHeaders();
            headers.set("X-SLURM-USER-NAME", config.user());
            headers.set("X-SLURM-USER-TOKEN", token.read().text());
            return new BoundedResponse(execution.execute(request, body), mostBytes);
        };
        RestClient client = RestClient.builder()
                .configureMessageConverters(converters ->
                        converters.registerDefaults().withJsonConverter(new JacksonJsonHttpMessageConverter(mapper)))
                .requestFactory(requests(config))
                .requestInterceptor(identify)
                .build();
        return new Connection(client, mapper, config.url().toString().replaceAll("/$", ""), config.timeout());
    }

    /** One of its own, with the usual bounds. */
    static Connection to(SlurmBridgeConfig config) {
        return to(config, new TokenFile(config.tokenFile(), config.user(), InstantSource.system()), MOST_BYTES);
    }

    /** The generated client of v0.0.42. */
    cloister.slurm.v0042.ApiClient older() {
        return new cloister.slurm.v0042.ApiClient(
                        client, mapper, cloister.slurm.v0042.ApiClient.createDefaultDateFormat())
                .setBasePath(base);
    }

    /** The generated client of v0.0.45, which not every server has. */
    cloister.slurm.v0045.ApiClient newer() {
        return new cloister.slurm.v0045.ApiClient(
                        client, mapper, cloister.slurm.v0045.ApiClient.createDefaultDateFormat())
                .setBasePath(base);
    }

    private static JdkClientHttpRequestFactory requests(SlurmBridgeConfig config) {
        HttpClient http = HttpClient.newBuilder()
                // slurmrestd 24.11 drops the connection when it is offered HTTP/2.
                .version(HttpClient.Version.HTTP_1_1)
                // Otherwise each request starts a thread of the platform to write its body.
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .connectTimeout(config.timeout())
                .followRedirects(HttpClient.Redirect.NEVER)
                // The token goes to slurmrestd and nowhere else, whatever the environment says about proxies.
                .proxy(HttpClient.Builder.NO_PROXY)
                .build();
        JdkClientHttpRequestFactory factory = new JdkClientHttpRequestFactory(http);
        factory.setReadTimeout(config.timeout());
        return factory;
    }

    private static JsonMapper bounded(int mostBytes) {
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxDocumentLength(mostBytes)
                        .maxNestingDepth(MOST_NESTING)
                        .maxStringLength(LONGEST_STRING)
                        .build())
                .build();
        return JsonMapper.builder(factory)
                .changeDefaultPropertyInclusion(include -> include.withValueInclusion(JsonInclude.Include.NON_NULL))
                // Slurm's way to write names; the generated types say theirs themselves.
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                // Slurm adds fields within a version of its API, and we read few of them.
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();
    }
}
