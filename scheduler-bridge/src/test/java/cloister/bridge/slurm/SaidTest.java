package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What we read is what both descriptions of the API offer: by name and by type. */
class SaidTest {
    private static final Path DESCRIPTIONS = Path.of("../openapi/slurm/src/main/openapi");
    private static final String SCHEMAS = "#/components/schemas/";

    private final Set<String> walked = new HashSet<>();
    private JsonNode description = JsonMapper.shared().createObjectNode();

    @ParameterizedTest
    @ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
    void every_member_that_we_read_is_in_the_description(String version) throws IOException {
        description =
                JsonMapper.shared().readTree(Files.readString(DESCRIPTIONS.resolve("slurm-" + version + ".json")));
        walk(Said.Submitted.class, answer("/slurm/" + version + "/job/submit", "post"));
        walk(Said.Jobs.class, answer("/slurm/" + version + "/jobs/", "get"));
        walk(Said.Jobs.class, answer("/slurm/" + version + "/job/{job_id}", "get"));
        walk(Said.Holdings.class, answer("/slurm/" + version + "/job/{job_id}", "get"));
        walk(Said.Signalled.class, answer("/slurm/" + version + "/job/{job_id}", "delete"));
        walk(Said.Updated.class, answer("/slurm/" + version + "/job/{job_id}", "post"));
        walk(Said.Hosts.class, answer("/slurm/" + version + "/node/{node_name}", "get"));
        walk(Said.Records.class, answer("/slurmdb/" + version + "/job/{job_id}", "get"));
        assertThat(walked)
                .contains(
                        "Job.tasks",
                        "Recorded.comment",
                        "SignalError.code",
                        "Node.cpus",
                        "Core.status",
                        "Host.state",
                        "Update.errorCode");
    }

    private JsonNode answer(String path, String method) {
        return description
                .required("paths")
                .required(path)
                .required(method)
                .required("responses")
                .required("200")
                .required("content")
                .required("application/json")
                .required("schema");
    }

    private JsonNode resolve(JsonNode schema) {
        JsonNode now = schema;
        while (now.path("$ref").isString()) {
            now = description
                    .required("components")
                    .required("schemas")
                    .required(now.required("$ref").asString().substring(SCHEMAS.length()));
        }
        return now;
    }

    private void walk(Type read, JsonNode given) {
        JsonNode schema = resolve(given);
        switch (read) {
            case ParameterizedType list
            when list.getRawType() == List.class -> {
                assertThat(schema.path("type").asString()).isEqualTo("array");
                walk(list.getActualTypeArguments()[0], schema.required("items"));
            }
            case Class<?> type
            when type == String.class ->
                assertThat(schema.path("type").asString()).isEqualTo("string");
            case Class<?> type
            when type == Boolean.class ->
                assertThat(schema.path("type").asString()).isEqualTo("boolean");
            case Class<?> type
            when type == Long.class ->
                assertThat(schema.path("type").asString()).isEqualTo("integer");
            case Class<?> type when type.isRecord() -> members(type, schema);
            default -> throw new AssertionError("nothing that we read: " + read);
        }
    }

    private void members(Class<?> type, JsonNode schema) {
        for (RecordComponent member : type.getRecordComponents()) {
            String name = member.getName().replaceAll("([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT);
            JsonNode found = schema.path("properties").path(name);
            assertThat(found.isMissingNode())
                    .as("%s of %s is missing", name, type.getSimpleName())
                    .isFalse();
            walked.add(type.getSimpleName() + "." + member.getName());
            walk(member.getGenericType(), found);
        }
    }
}
