package cloister.backend.lease;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/** A lease's state as it is stored: its name and its parts. */
final class StateJson {
    @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "is")
    private interface Named {}

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addMixIn(Lease.class, Named.class)
            .addMixIn(Seat.class, Named.class)
            .addMixIn(Verdict.class, Named.class)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
            .build();

    private StateJson() {}

    static String write(Lease lease) {
        return MAPPER.writerFor(Lease.class).writeValueAsString(lease);
    }

    static Lease read(String json) {
        return MAPPER.readValue(json, Lease.class);
    }
}
