package cloister.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SpecTrimmerTest {
    private static final Path FOLDER = Path.of("src/main/openapi");
    private static final String OLDER = "v0.0.42";
    private static final String NEWER = "v0.0.45";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static List<String> keep() throws IOException {
        return Files.readAllLines(FOLDER.resolve("keep.txt"));
    }

    static Path trimmed(String version) {
        return FOLDER.resolve("slurm-" + version + ".json");
    }

    private static String raw(String version) throws IOException {
        Path file = FOLDER.resolve("raw-" + version + ".json.gz");
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Method, path and name of each operation, without the version. */
    private static Set<String> operations(String version) throws IOException {
        Set<String> found = new TreeSet<>();
        JsonNode paths = JSON.readTree(Files.readString(trimmed(version))).required("paths");
        for (String path : paths.propertyNames()) {
            JsonNode methods = paths.required(path);
            for (String method : methods.propertyNames()) {
                String name = methods.required(method).required("operationId").asString();
                found.add(method + " " + path.replace(version, "") + " " + name);
            }
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {OLDER, NEWER})
    void the_committed_description_is_what_the_trimmer_makes_of_the_raw_one(String version) throws IOException {
        String made = SpecTrimmer.trim(raw(version), keep(), version);
        Path committed = trimmed(version);
        Path file = Path.of("target", committed.getFileName().toString());
        Files.writeString(file, made);
        assertThat(Files.mismatch(committed, file))
                .as("first byte that differs; copy %s over %s", file, committed)
                .isEqualTo(-1);
    }

    @Test
    void the_order_of_members_in_the_raw_description_does_not_matter() {
        String one = """
                {"openapi": "3.0.3", "info": {"license": {"name": "x"}},
                 "paths": {"/a": {"get": {"operationId": "o", "responses": {"200": {}, "default": {}}}}},
                 "components": {"schemas": {}}}""";
        String other = """
                {"components": {"schemas": {}},
                 "paths": {"/a": {"get": {"responses": {"default": {}, "200": {}}, "operationId": "o"}}},
                 "info": {"license": {"name": "x"}}, "openapi": "3.0.3"}""";
        List<String> keep = List.of("GET /a name");
        assertThat(SpecTrimmer.trim(one, keep, OLDER)).isEqualTo(SpecTrimmer.trim(other, keep, OLDER));
    }

    @ParameterizedTest
    @ValueSource(strings = {OLDER, NEWER})
    void an_operation_that_this_slurm_lacks_is_an_error(String version) throws IOException {
        String raw = raw(version);
        assertThatThrownBy(() -> SpecTrimmer.trim(raw, List.of("GET /slurm/VERSION/nothing/ nothing"), version))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("/slurm/" + version + "/nothing/");
    }

    @Test
    void both_clients_have_the_same_operations_but_for_those_of_one_version() throws IOException {
        Set<String> more = operations(NEWER);
        more.removeAll(operations(OLDER));
        assertThat(more).containsExactly("post /slurmdb//job/{job_id} adjust");
        assertThat(operations(NEWER)).containsAll(operations(OLDER)).hasSize(22);
    }

    @ParameterizedTest
    @ValueSource(strings = {OLDER, NEWER})
    void nothing_unused_and_nothing_closed_is_left(String version) throws IOException {
        JsonNode trimmed = JSON.readTree(Files.readString(trimmed(version)));
        assertThat(trimmed.required("paths").propertyNames())
                .allSatisfy(path -> assertThat(path).contains("/" + version + "/"));
        assertThat(trimmed.findValuesAsString("format")).isNotEmpty().doesNotContain("int32");
        assertThat(trimmed.findParents("enum").stream()
                        .filter(node -> node.path("type").isString()))
                .isEmpty();
        String text = trimmed.toString();
        assertThat(trimmed.required("components").required("schemas").propertyNames())
                .isNotEmpty()
                .allSatisfy(name -> assertThat(name).doesNotStartWith("v0"))
                .allSatisfy(name -> assertThat(text).contains("\"#/components/schemas/" + name + "\""));
    }
}
