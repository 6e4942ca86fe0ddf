package cloister.guest;

import cloister.broker.BootChannel;
import cloister.broker.BootLine;
import cloister.broker.Hello;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
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

/** The boot channel's lines as JSON, read strictly: what isn't named is refused, what is named must be of its type. */
public final class BootLines {
    private static final int DEEPEST = 2;
    private static final int LONGEST_NAME = 64;
    private static final int LONGEST_NUMBER = 20;
    private static final int LONGEST_STRING = 1024;

    private static final JsonMapper MAPPER = mapper();

    private BootLines() {}

    private static JsonMapper mapper() {
        var limits = StreamReadConstraints.builder()
                .maxDocumentLength(BootChannel.longestLineBytes())
                .maxNestingDepth(DEEPEST)
                .maxNameLength(LONGEST_NAME)
                .maxNumberLength(LONGEST_NUMBER)
                .maxStringLength(LONGEST_STRING)
                .build();
        return JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(limits)
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(
                        DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                        DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                        DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .withCoercionConfig(
                        LogicalType.Textual,
                        textual -> textual.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .changeDefaultPropertyInclusion(was -> was.withValueInclusion(JsonInclude.Include.NON_NULL))
                .build();
    }

    /** Reads the host's line. Its fields are unchecked: {@link Boot#of} checks them. */
    public static BootLine read(byte[] line) throws IOException {
        try {
            BootLine read = MAPPER.readValue(line, BootLine.class);
            if (read == null) {
                throw new IOException("null is no boot line");
            }
            return read;
        } catch (JacksonException e) {
            // The parser's message quotes the line; nothing of it is to reach a log.
            throw new IOException("not a boot line: " + e.getClass().getSimpleName());
        }
    }

    /** The guest's line, without its end. */
    static byte[] write(Hello hello) {
        return MAPPER.writeValueAsBytes(hello);
    }

    /** A line to keep for the next start of the controller. */
    public static byte[] write(BootLine line) {
        return MAPPER.writeValueAsBytes(line);
    }
}
