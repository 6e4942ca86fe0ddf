package cloister.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ContractTest {
    private final Contract contract;

    ContractTest() throws IOException {
        contract = Contract.read();
    }

    @Test
    void every_schema_is_a_record_or_an_enum_and_the_other_way_round() {
        assertThat(contract.map("components", "schemas").keySet())
                .isEqualTo(Contract.schemas().keySet());
    }

    @Test
    void every_record_has_exactly_the_fields_of_its_schema() {
        Contract.schemas().forEach((name, type) -> {
            Map<String, Object> schema = contract.map("components", "schemas", name);
            if (type.isEnum()) {
                assertThat(schema)
                        .as(name)
                        .containsEntry(
                                "enum",
                                Arrays.stream(type.getEnumConstants())
                                        .map(String::valueOf)
                                        .toList());
                return;
            }
            assertThat(schema).as(name + " is closed").containsEntry("additionalProperties", false);
            Map<String, Object> properties = contract.map("components", "schemas", name, "properties");
            assertThat(properties.keySet()).as(name).isEqualTo(new TreeSet<>(Contract.names(type)));
            List<String> required = new ArrayList<>();
            for (RecordComponent component : type.getRecordComponents()) {
                assertThat(kind(contract.map("components", "schemas", name, "properties", component.getName())))
                        .as(name + "." + component.getName())
                        .isEqualTo(kind(component.getGenericType()));
                if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                    required.add(component.getName());
                }
            }
            assertThat(schema).as(name).containsEntry("required", required);
        });
    }

    /** As a word: what a property is in the yaml. */
    private static String kind(Map<?, ?> property) {
        if (property.get("$ref") instanceof String reference) {
            return reference.substring(reference.lastIndexOf('/') + 1);
        }
        if (property.get("items") instanceof Map<?, ?> items) {
            return "list of " + kind(items);
        }
        String format = property.get("format") instanceof String text ? " " + text : "";
        return property.get("type") + format;
    }

    /** As the same word: what a component is in Java. */
    private static String kind(Type type) {
        if (type instanceof ParameterizedType list) {
            return "list of " + kind(list.getActualTypeArguments()[0]);
        }
        if (type.equals(int.class)) {
            return "integer int32";
        }
        if (type.equals(long.class) || type.equals(Long.class)) {
            return "integer int64";
        }
        if (type.equals(boolean.class)) {
            return "boolean";
        }
        if (type.equals(String.class)) {
            return "string";
        }
        return Contract.schemas().entrySet().stream()
                .filter(entry -> entry.getValue().equals(type))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("an unknown type " + type);
    }

    @Test
    void the_bounds_of_the_yaml_are_those_that_the_records_hold() {
        for (Class<? extends Upward> type : Messages.upward()) {
            for (Messages.Field field : Messages.fields(type)) {
                Map<String, Object> property =
                        contract.map("components", "schemas", type.getSimpleName(), "properties", field.name());
                if (field.integer()) {
                    assertThat(property)
                            .as(type.getSimpleName() + "." + field.name())
                            .containsEntry("minimum", field.least())
                            .containsEntry("maximum", field.most());
                    assertThat(property.getOrDefault("multipleOf", 1))
                            .as(type.getSimpleName() + "." + field.name())
                            .isEqualTo(field.step());
                }
            }
        }
    }

    @Test
    void every_operation_is_a_verb_with_its_rates_and_body() {
        Set<String> seen = new TreeSet<>();
        for (String path : contract.map("paths").keySet()) {
            for (String method : contract.map("paths", path).keySet()) {
                if (method.equals("parameters")) {
                    continue;
                }
                Map<String, Object> operation = contract.map("paths", path, method);
                Verb verb = Verb.valueOf(String.valueOf(operation.get("operationId")));
                seen.add(verb.name());
                assertThat(verb.path()).isEqualTo(path);
                assertThat(verb.method()).isEqualToIgnoringCase(method);
                assertThat(operation)
                        .containsEntry("x-per-hour", verb.perHour())
                        .containsEntry("x-burst", verb.burst());
                String body = kind(
                        contract.map("paths", path, method, "requestBody", "content", "application/json", "schema"));
                assertThat(body).isEqualTo(verb.body().map(Class::getSimpleName).orElse("null"));
            }
        }
        assertThat(seen)
                .isEqualTo(Arrays.stream(Verb.values()).map(Verb::name).collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void every_reason_has_a_text_of_its_own() {
        assertThat(Arrays.stream(ReasonCode.values()).map(ReasonCode::text))
                .doesNotHaveDuplicates()
                .allMatch(text -> !text.isBlank() && !text.endsWith("."));
    }
}
