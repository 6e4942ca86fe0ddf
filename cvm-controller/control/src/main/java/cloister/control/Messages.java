package cloister.control;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/** Messages to JSON and back, strictly: what isn't named is refused, what is named must be there and of its type. */
final class Messages {
    private static final int DEEPEST = 8;
    private static final int LONGEST_NAME = 64;
    private static final int LONGEST_NUMBER = 20;

    private final JsonMapper mapper = mapper();

    private static JsonMapper mapper() {
        var limits = StreamReadConstraints.builder()
                .maxDocumentLength(Frames.longest())
                .maxNestingDepth(DEEPEST)
                .maxNameLength(LONGEST_NAME)
                .maxNumberLength(LONGEST_NUMBER)
                .maxStringLength(Frames.longest())
                .build();
        return JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(limits)
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(
                        DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                        DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                        DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                        DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                        DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .withCoercionConfig(
                        LogicalType.Textual,
                        textual -> textual.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .build();
    }

    byte[] bytes(Request request) {
        return mapper.writerFor(Request.class).writeValueAsBytes(request);
    }

    byte[] bytes(Answer answer) {
        return mapper.writerFor(Answer.class).writeValueAsBytes(answer);
    }

    Request request(byte[] json) throws Malformed {
        return read(json, Request.class);
    }

    Answer answer(byte[] json) throws Malformed {
        return read(json, Answer.class);
    }

    private <T> T read(byte[] json, Class<T> type) throws Malformed {
        try {
            T read = mapper.readValue(json, type);
            if (read == null) {
                throw new Malformed("null is no message");
            }
            return read;
        } catch (JacksonException e) {
            throw new Malformed("not a message of this protocol: " + why(e));
        }
    }

    /** The parser's own messages quote what was sent; ours, behind a refusing constructor, do not. */
    private static String why(JacksonException e) {
        return e.getCause() instanceof IllegalArgumentException refused
                ? String.valueOf(refused.getMessage())
                : e.getClass().getSimpleName();
    }
}
