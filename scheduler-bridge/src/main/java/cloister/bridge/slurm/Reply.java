package cloister.bridge.slurm;

import java.util.List;
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
 * @param <T> the answer
 */
sealed interface Reply<T> {
    /** An answer without errors. */
    record Good<T>(T body) implements Reply<T> {}

    /** An answer that names an error by Slurm's number (slurm/slurm_errno.h). */
    record Failed<T>(long number, String text) implements Reply<T> {}

    /** No answer, or one that says nothing: a timeout, a reset, a proxy's page. */
    record Silent<T>(String why) implements Reply<T> {}

    /** Nobody answered, or not for this version of the API: what is served must be asked anew. */
    record Elsewhere<T>(String why) implements Reply<T> {}

    JsonMapper JSON = JsonMapper.builder().build();

    /** Slurm's words are for logs and people: short, and nothing that moves a cursor. */
    static String clean(@Nullable String text, int most) {
        if (text == null) return "";
        String visible = text.replaceAll("[^\\x20-\\x7e]+", " ").strip();
        return visible.length() <= most ? visible : visible.substring(0, most);
    }

    /** Makes one request and sorts its outcome. */
    static <T extends Said.Answer> Reply<T> of(Supplier<@Nullable T> request) {
        try {
            T body = request.get();
            if (body == null) return new Silent<>("slurmrestd sent an empty answer");
            List<Said.Fault> found = body.errors();
            if (found == null || found.isEmpty() || placed(body)) return new Good<>(body);
            Said.Fault first = found.getFirst();
            Long number = first.errorNumber();
            return failed(number == null ? 0 : number, first.error(), first.description());
        } catch (RestClientException e) {
            return of(e);
        }
    }

    /** A job id beside an error is more than the error says: the job may exist. */
    private static boolean placed(Said.Answer answer) {
        return answer instanceof Said.Submitted(Long job, List<Said.Fault> errors) && job != null && job > 0;
    }

    /** Sorts what came instead of an answer. */
    static <T> Reply<T> of(RestClientException thrown) {
        return switch (thrown) {
            case RestClientResponseException e -> refused(e);
            case ResourceAccessException e -> new Elsewhere<>("slurmrestd gave no answer: " + cause(e));
            default -> new Silent<>("slurmrestd's answer cannot be read: " + cause(thrown));
        };
    }

    private static <T> Reply<T> refused(RestClientResponseException e) {
        int code = e.getStatusCode().value();
        String status = "slurmrestd answered HTTP " + code;
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
            // A path that is not served, a 401 without a token, and whatever a proxy says are plain text without a
            // number.
            String why = status + " without an error number";
            return code == 404 ? new Elsewhere<>(why) : new Silent<>(why);
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
