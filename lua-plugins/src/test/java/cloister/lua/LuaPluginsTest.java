package cloister.lua;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every case of src/test/lua on LuaJ, Lua 5.1 (Slurm's in Debian) and Lua 5.4. */
class LuaPluginsTest {
    /** How many cases each file has at least, so that a file that ends early shows. */
    private static final Map<String, Integer> SPECS = Map.of(
            "global_submit", 270,
            "global_gate", 62,
            "global_beside", 142,
            "global_prolog", 36,
            "global_usage", 38,
            "local_submit", 70);

    @TempDir
    private Path scratch;

    @TestFactory
    Stream<DynamicNode> every_case_holds_on_every_lua() throws IOException, InterruptedException {
        List<DynamicNode> engines = new ArrayList<>();
        for (Engine engine : Engine.values()) {
            List<DynamicNode> cases = new ArrayList<>();
            for (Map.Entry<String, Integer> spec : SPECS.entrySet()) {
                cases.addAll(run(engine, spec.getKey(), spec.getValue()));
            }
            engines.add(DynamicContainer.dynamicContainer(engine.toString(), cases));
        }
        return engines.stream();
    }

    private List<DynamicNode> run(Engine engine, String spec, int atLeast) throws IOException, InterruptedException {
        Path cases = Programs.plugins().resolve("src/test/lua");
        Path folder = Files.createDirectories(scratch.resolve(engine + "-" + spec));
        String printed = engine.run(
                cases.resolve("harness.lua"),
                List.of(
                        Programs.plugins().toString(),
                        folder.toString(),
                        cases.resolve(spec + ".lua").toString()));
        List<DynamicNode> nodes = Cases.of(printed);
        assertThat(nodes).as(spec).hasSizeGreaterThanOrEqualTo(atLeast);
        return nodes;
    }
}
