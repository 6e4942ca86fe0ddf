package cloister.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SpecTrimmerTest {
    static final Path FOLDER = Path.of("src/main/openapi");
    static final Path TRIMMED = FOLDER.resolve("slurm-v0.0.42.json");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static List<String> keep() throws IOException {
        return Files.readAllLines(FOLDER.resolve("keep.txt"));
    }

    private static String raw() throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(FOLDER.resolve("raw-v0.0.42.json.gz")))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void the_committed_description_is_what_the_trimmer_makes_of_the_raw_one() throws IOException {
        String trimmed = SpecTrimmer.trim(raw(), keep());
        Path made = Path.of("target", TRIMMED.getFileName().toString());
        Files.writeString(made, trimmed);
        assertThat(Files.mismatch(TRIMMED, made))
                .as("first byte that differs; copy %s over %s", made, TRIMMED)
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
        assertThat(SpecTrimmer.trim(one, keep)).isEqualTo(SpecTrimmer.trim(other, keep));
    }

    @Test
    void an_operation_that_this_slurm_lacks_is_an_error() throws IOException {
        String raw = raw();
        assertThatThrownBy(() -> SpecTrimmer.trim(raw, List.of("GET /slurm/v0.0.42/nothing/ nothing")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("/slurm/v0.0.42/nothing/");
    }

    @Test
    void nothing_unused_and_nothing_closed_is_left() throws IOException {
        JsonNode trimmed = JSON.readTree(Files.readString(TRIMMED));
        assertThat(trimmed.required("paths").propertyNames()).hasSize(4);
        assertThat(trimmed.findValuesAsString("format")).isNotEmpty().doesNotContain("int32");
        assertThat(trimmed.findParents("enum").stream()
                        .filter(node -> node.path("type").isString()))
                .isEmpty();
        String text = trimmed.toString();
        assertThat(trimmed.required("components").required("schemas").propertyNames())
                .isNotEmpty()
                .allSatisfy(name -> assertThat(text).contains("\"#/components/schemas/" + name + "\""));
    }
}
