package cloister.backend.brokerport;

import cloister.broker.OutOfBounds;
import cloister.broker.Problem;
import cloister.broker.Upward;
import cloister.broker.Verb;
import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/** Reads bodies so that there is one way to say a thing, and writes answers. */
final class StrictJson {
    private static final int DEEPEST = 4;
    private static final int LONGEST_STRING = 256;
    private static final int LONGEST_NUMBER = 20;

    private static final JsonMapper READER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(Verb.longestBodyBytes())
                            .maxNestingDepth(DEEPEST)
                            .maxStringLength(LONGEST_STRING)
                            .maxNumberLength(LONGEST_NUMBER)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();

    private static final JsonMapper WRITER = JsonMapper.builder()
            .changeDefaultPropertyInclusion(value -> value.withValueInclusion(JsonInclude.Include.NON_NULL))
            .build();

    private StrictJson() {}

    /** The body as a message, or {@link Refused}. */
    static <T extends Upward> T read(HttpServletRequest request, Class<T> type) {
        try {
            byte[] body = request.getInputStream().readNBytes(Verb.longestBodyBytes() + 1);
            if (body.length > Verb.longestBodyBytes()) {
                throw new Refused(Refused.Why.TOO_LARGE, "at most " + Verb.longestBodyBytes() + " bytes");
            }
            T message = READER.readValue(body, type);
            if (message == null) {
                throw new Refused(Refused.Why.MALFORMED, "null is no message");
            }
            return message;
        } catch (JacksonException e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof OutOfBounds bounds) {
                    throw new Refused(Refused.Why.BEYOND_LIMITS, String.valueOf(bounds.getMessage()));
                }
            }
            throw new Refused(Refused.Why.MALFORMED, "send exactly the fields of " + type.getSimpleName());
        } catch (IOException e) {
            throw new Refused(Refused.Why.MALFORMED, "the body broke off");
        }
    }

    static void write(HttpServletResponse response, Object answer) throws IOException {
        byte[] bytes = WRITER.writeValueAsBytes(answer);
        response.setContentType("application/json");
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }

    static void write(HttpServletResponse response, Problem problem) throws IOException {
        byte[] bytes = WRITER.writeValueAsBytes(problem);
        response.setStatus(problem.status());
        response.setContentType("application/problem+json");
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }
}
