package cloister.broker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** {@code broker.yaml}, and the records that it describes. */
final class Contract {
    private final Object root;

    private Contract(Object root) {
        this.root = root;
    }

    static Contract read() throws IOException {
        try (InputStream yaml = Files.newInputStream(Path.of("broker.yaml"))) {
            LoaderOptions options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            return new Contract(new Yaml(new SafeConstructor(options)).load(yaml));
        }
    }

    /** Every record of the broker by the name of its schema. */
    static Map<String, Class<?>> schemas() {
        return new TreeMap<>(Map.ofEntries(
                Map.entry("LeaseRequest", LeaseRequest.class),
                Map.entry("TermRequest", TermRequest.class),
                Map.entry("UsageReport", UsageReport.class),
                Map.entry("LeaseList", LeaseList.class),
                Map.entry("Lease", LeaseList.Lease.class),
                Map.entry("Worker", LeaseList.Worker.class),
                Map.entry("Limits", Limits.class),
                Map.entry("Members", Members.class),
                Map.entry("Member", Members.Member.class),
                Map.entry("Problem", Problem.class),
                Map.entry("LeaseState", LeaseState.class),
                Map.entry("WorkerState", WorkerState.class),
                Map.entry("GpuKind", GpuKind.class),
                Map.entry("Isolation", Isolation.class),
                Map.entry("ReasonCode", ReasonCode.class)));
    }

    /** What stands at this path of keys. */
    Map<String, Object> map(String... keys) {
        Object node = root;
        for (String key : keys) {
            node = node instanceof Map<?, ?> map && map.containsKey(key) ? map.get(key) : Map.of();
        }
        Map<String, Object> found = new TreeMap<>();
        if (node instanceof Map<?, ?> map) {
            map.forEach((key, value) -> found.put(String.valueOf(key), value));
        }
        return found;
    }

    static List<String> names(Class<?> record) {
        return Arrays.stream(record.getRecordComponents())
                .map(component -> component.getName())
                .toList();
    }
}
