package cloister.slurm;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Cuts slurmrestd's description of itself down to the operations that we use and the schemas they reach. The same input
 * gives the same bytes: every object's members are sorted.
 */
final class SpecTrimmer {
    private static final String SCHEMAS = "#/components/schemas/";
    /** Stands in keep.txt for the version, in lines that hold for every one. */
    private static final String ANY_VERSION = "VERSION";

    private static final Pattern VERSION = Pattern.compile("v\\d+\\.\\d+\\.\\d+");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** One line of keep.txt. */
    record Kept(String method, String path, String name) {
        static Kept parse(String line, String version) {
            String[] words = line.strip().split("\\s+", -1);
            if (words.length != 3) throw new IllegalArgumentException("want METHOD PATH NAME: " + line);
            return new Kept(words[0].toLowerCase(Locale.ROOT), words[1].replace(ANY_VERSION, version), words[2]);
        }

        /** Whether the line names another version than this one. */
        boolean foreign(String version) {
            return VERSION.matcher(path)
                    .results()
                    .anyMatch(named -> !named.group().equals(version));
        }
    }

    private final ObjectNode raw;
    private final String version;
    private final ObjectNode out = JSON.createObjectNode();

    private SpecTrimmer(ObjectNode raw, String version) {
        this.raw = raw;
        this.version = version;
    }

    /**
     * Keeps what the lines say.
     *
     * @param version as it stands in slurmrestd's paths, {@code v0.0.42}
     */
    static String trim(String rawSpec, List<String> keepLines, String version) {
        List<Kept> kept = keepLines.stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(line -> Kept.parse(line, version))
                .filter(line -> !line.foreign(version))
                .toList();
        return new SpecTrimmer(JSON.readTree(rawSpec).asObject(), version).trim(kept);
    }

    private String trim(List<Kept> kept) {
        out.put("openapi", raw.required("openapi").asString());
        // The micro release does not belong here: a Debian update must not look like a change of the interface.
        out.putObject("info")
                .put("title", "Slurm REST API, the part that Cloister uses")
                .put("version", version)
                .set("license", raw.required("info").required("license"));
        out.putArray("servers").addObject().put("url", "/");
        ObjectNode paths = out.putObject("paths");
        for (Kept operation : kept) {
            paths.withObjectProperty(operation.path()).set(operation.method(), operation(operation));
        }
        ObjectNode schemas = out.putObject("components").putObject("schemas");
        reachable(paths).forEach((name, schema) -> schemas.set(unversioned(name), schema));
        simplify(out);
        DefaultIndenter two = new DefaultIndenter("  ", "\n");
        return JSON.writer()
                        .with(new DefaultPrettyPrinter().withObjectIndenter(two).withArrayIndenter(two))
                        .writeValueAsString(sorted(out))
                + "\n";
    }

    private ObjectNode operation(Kept kept) {
        JsonNode found = raw.required("paths").path(kept.path()).path(kept.method());
        if (found.isMissingNode()) throw new IllegalStateException("this Slurm has no " + kept);
        ObjectNode operation = found.asObject().deepCopy();
        operation.put("operationId", kept.name());
        // Both answers have one schema; errors are read from the body whatever the status is.
        operation.required("responses").asObject().remove("default");
        return operation;
    }

    private SortedMap<String, JsonNode> reachable(JsonNode root) {
        JsonNode all = raw.required("components").required("schemas");
        SortedMap<String, JsonNode> reached = new TreeMap<>();
        Deque<JsonNode> open = new ArrayDeque<>(List.of(root));
        while (!open.isEmpty()) {
            JsonNode node = open.pop();
            node.forEach(open::push);
            if (!(node instanceof ObjectNode object) || !object.path("$ref").isString()) continue;
            String name = target(object);
            if (reached.containsKey(name)) continue;
            JsonNode schema = all.required(name).deepCopy();
            reached.put(name, schema);
            open.push(schema);
        }
        return reached;
    }

    /** Rewrites references, and opens what a later Slurm may extend. */
    private void simplify(JsonNode node) {
        if (node instanceof ObjectNode object) {
            if (object.path("$ref").isString()) object.put("$ref", SCHEMAS + unversioned(target(object)));
            // A flag that we have never heard of must not make a whole answer unreadable.
            if (object.path("type").isString() && object.path("enum").isArray()) object.remove("enum");
            // Slurm's numbers are unsigned 32 bit though the description says int32.
            if (object.path("format").asString("").equals("int32")) object.put("format", "int64");
            // Slurm lists members as paths ("error/code"), which no generator understands.
            if (object.path("required").isArray()) object.remove("required");
            if (object.get("content") instanceof ObjectNode content) content.retain("application/json");
        }
        node.forEach(this::simplify);
    }

    private static JsonNode sorted(JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode result = JSON.createObjectNode();
            object.propertyNames().stream().sorted().forEach(name -> result.set(name, sorted(object.required(name))));
            return result;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode result = JSON.createArrayNode();
            array.forEach(item -> result.add(sorted(item)));
            return result;
        }
        return node;
    }

    private static String target(ObjectNode reference) {
        String text = reference.required("$ref").asString();
        if (!text.startsWith(SCHEMAS)) throw new IllegalStateException("a reference outside the schemas: " + text);
        return text.substring(SCHEMAS.length());
    }

    private String unversioned(String name) {
        String prefix = version + "_";
        return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    }
}
