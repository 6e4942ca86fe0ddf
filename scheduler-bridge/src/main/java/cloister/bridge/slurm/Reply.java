package cloister.bridge.slurm;

import cloister.slurm.v0042.model.OpenapiError;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestClientResponseException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What slurmrestd said. Its HTTP status differs between versions and 200 is not success, so only {@code errors[]} counts.
 *
 * @param <T> the generated type of the answer
 */
sealed interface Reply<T> {
    /** An answer without errors. */
    record Good<T>(T body) implements Reply<T> {}

    /** An answer that names an error by Slurm's number (slurm/slurm_errno.h). */
    record Failed<T>(long number, String text) implements Reply<T> {}

    /** No answer, or one that says nothing: a timeout, a reset, a proxy's page. */
    record Silent<T>(String why) implements Reply<T> {}

    JsonMapper JSON = JsonMapper.builder().build();

    /** Slurm's words are for logs and people: short, and nothing that moves a cursor. */
    static String clean(@Nullable String text, int most) {
        if (text == null) return "";
        String visible = text.replaceAll("[^\\x20-\\x7e]+", " ").strip();
        return visible.length() <= most ? visible : visible.substring(0, most);
    }

    /** Makes one request and sorts its outcome. */
    static <T> Reply<T> of(Supplier<@Nullable T> request, Function<T, @Nullable List<OpenapiError>> errors) {
        try {
            T body = request.get();
            if (body == null) return new Silent<>("slurmrestd sent an empty answer");
            List<OpenapiError> found = errors.apply(body);
            if (found == null || found.isEmpty()) return new Good<>(body);
            OpenapiError first = found.getFirst();
            Long number = first.getErrorNumber();
            return failed(number == null ? 0 : number, first.getError(), first.getDescription());
        } catch (RestClientResponseException e) {
            return refused(e);
        } catch (ResourceAccessException e) {
            return new Silent<>("slurmrestd gave no answer: " + cause(e));
        } catch (RestClientException e) {
            return new Silent<>("slurmrestd's answer cannot be read: " + cause(e));
        }
    }

    private static <T> Reply<T> refused(RestClientResponseException e) {
        String status = "slurmrestd answered HTTP " + e.getStatusCode().value();
        try {
            JsonNode first =
                    JSON.readTree(e.getResponseBodyAsString()).path("errors").path(0);
            JsonNode number = first.path("error_number");
            if (!number.isIntegralNumber()) return new Silent<>(status);
            return failed(
                    number.asLong(),
                    first.path("error").asString(""),
                    first.path("description").asString(""));
        } catch (JacksonException notJson) {
            // A 401 without a token is plain text, and so is whatever a proxy says: there is no number in it.
            return new Silent<>(status + " without an error number");
        }
    }

    private static <T> Reply<T> failed(long number, @Nullable String error, @Nullable String description) {
        return new Failed<>(number, clean(error, 128) + " (" + number + "; " + clean(description, 96) + ")");
    }

    private static String cause(Throwable thrown) {
        Throwable deepest = thrown;
        while (deepest.getCause() != null) deepest = deepest.getCause();
        return deepest.getClass().getSimpleName() + " " + clean(deepest.getMessage(), 160);
    }
}
