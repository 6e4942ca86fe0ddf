package cloister.bridge.slurm;

import cloister.bridge.SlurmBridgeConfig;
import cloister.slurm.v0042.ApiClient;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.net.http.HttpClient;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How we talk to slurmrestd. */
final class Connection {
    /** A job is 8 KB in a list, so this is some 8,000 jobs. */
    private static final int MOST_BYTES = 64 * 1024 * 1024;

    private static final int MOST_NESTING = 64;
    private static final int LONGEST_STRING = 1024 * 1024;

    private Connection() {}

    static ApiClient client(SlurmBridgeConfig config) {
        JsonMapper mapper = mapper();
        return new ApiClient(rest(config, mapper), mapper, ApiClient.createDefaultDateFormat())
                .setBasePath(base(config));
    }

    /** The same for v0.0.45, which not every server has. */
    static cloister.slurm.v0045.ApiClient newer(SlurmBridgeConfig config) {
        JsonMapper mapper = mapper();
        return new cloister.slurm.v0045.ApiClient(
                        rest(config, mapper), mapper, cloister.slurm.v0045.ApiClient.createDefaultDateFormat())
                .setBasePath(base(config));
    }

    private static String base(SlurmBridgeConfig config) {
        return config.url().toString().replaceAll("/$", "");
    }

    private static RestClient rest(SlurmBridgeConfig config, JsonMapper mapper) {
        TokenFile token = new TokenFile(config.tokenFile());
        ClientHttpRequestInterceptor identify = (request, body, execution) -> {
            HttpHeaders headers = request.getHeaders();
            headers.set("X-SLURM-USER-NAME", config.user());
            headers.set("X-SLURM-USER-TOKEN", token.read());
            return new BoundedResponse(execution.execute(request, body), MOST_BYTES);
        };
        return ApiClient.buildRestClientBuilder(mapper)
                .requestFactory(requests(config))
                .requestInterceptor(identify)
                .build();
    }

    private static JdkClientHttpRequestFactory requests(SlurmBridgeConfig config) {
        HttpClient http = HttpClient.newBuilder()
                // slurmrestd 24.11 drops the connection when it is offered HTTP/2.
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(config.timeout())
                .followRedirects(HttpClient.Redirect.NEVER)
                // The token goes to slurmrestd and nowhere else, whatever the environment says about proxies.
                .proxy(HttpClient.Builder.NO_PROXY)
                .build();
        JdkClientHttpRequestFactory factory = new JdkClientHttpRequestFactory(http);
        factory.setReadTimeout(config.timeout());
        return factory;
    }

    private static JsonMapper mapper() {
        JsonFactory bounded = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxDocumentLength(MOST_BYTES)
                        .maxNestingDepth(MOST_NESTING)
                        .maxStringLength(LONGEST_STRING)
                        .build())
                .build();
        return JsonMapper.builder(bounded)
                .changeDefaultPropertyInclusion(include -> include.withValueInclusion(JsonInclude.Include.NON_NULL))
                // Slurm adds fields within a version of its API.
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();
    }
}
