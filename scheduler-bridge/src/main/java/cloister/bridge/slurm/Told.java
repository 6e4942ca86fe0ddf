package cloister.bridge.slurm;

import java.util.function.Supplier;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient.ResponseSpec;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestClientResponseException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;

/**
 * What slurmrestd said about slurmdbd. Its HTTP status differs between versions (a lack of rights is a 500 on 24.11 and a 422
 * on 26.05) and 200 is not success, so only {@code errors[]} counts; 304 with an empty body means that nothing was changed,
 * or that there is nothing to remove.
 */
sealed interface Told {
    /** An answer without errors; a missing node where it was a 304. */
    record Good(JsonNode body) implements Told {}

    /** An answer that names an error by Slurm's number (slurm/slurm_errno.h). */
    record Failed(long number, String text) implements Told {}

    /** No answer, or one that says nothing: a timeout, a reset, a proxy's page. */
    record Silent(String why) implements Told {}

    /** Nobody serves this path: the version of the API is not there. */
    record NotServed() implements Told {}

    JsonMapper JSON = JsonMapper.builder().build();

    int NO_SUCH_PATH = 404;

    /** Slurm's number for a lack of rights. */
    long DENIED = 2002;

    String NO_API = "slurmrestd does not serve v0.0.42 with -s slurmctld,slurmdbd";

    /** Makes one request and sorts its outcome. */
    static Told of(Supplier<ResponseSpec> request) {
        try {
            JsonNode body = request.get().body(JsonNode.class);
            if (body == null) return new Good(MissingNode.getInstance());
            return errors(body, "slurmrestd named an error without a number");
        } catch (RestClientResponseException e) {
            return refused(e);
        } catch (ResourceAccessException e) {
            return new Silent("slurmrestd gave no answer: " + cause(e));
        } catch (RestClientException e) {
            return new Silent("slurmrestd's answer cannot be read: " + cause(e));
        }
    }

    private static Told errors(JsonNode body, String otherwise) {
        JsonNode first = body.path("errors").path(0);
        if (first.isMissingNode()) return new Good(body);
        JsonNode number = first.path("error_number");
        if (!number.isIntegralNumber()) return new Silent(otherwise);
        String text = Reply.clean(first.path("error").asString(""), 128) + " (" + number.asLong() + "; "
                + Reply.clean(first.path("description").asString(""), 96) + ")";
        return new Failed(number.asLong(), text);
    }

    private static Told refused(RestClientResponseException e) {
        int status = e.getStatusCode().value();
        String words = "slurmrestd answered HTTP " + status + " without an error number";
        try {
            JsonNode body = JSON.readTree(e.getResponseBodyAsString());
            Told told = body.isObject() ? errors(body, words) : new Good(JsonNodeFactory.instance.missingNode());
            return told instanceof Good ? unclear(status, words) : told;
        } catch (JacksonException notJson) {
            // A 401 without a token is plain text, and so is a path that is not served and whatever a proxy says.
            return unclear(status, words);
        }
    }

    private static Told unclear(int status, String words) {
        return status == NO_SUCH_PATH ? new NotServed() : new Silent(words);
    }

    private static String cause(Throwable thrown) {
        Throwable deepest = thrown;
        while (deepest.getCause() != null) deepest = deepest.getCause();
        return deepest.getClass().getSimpleName() + " " + Reply.clean(deepest.getMessage(), 160);
    }
}
