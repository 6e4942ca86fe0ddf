package cloister.lua;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.isolation.Endpoint;
import cloister.isolation.HostRules;
import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The host's scripts as they are installed, each file of cases in a world of its own with the real nft. */
class HostScriptsTest {
    /** How many cases each file has at least, so that a file that ends early shows. */
    private static final Map<String, Integer> SPECS =
            Map.of("hook", 80, "epilog", 15, "sweep", 16, "stubborn", 1, "unheard", 1, "prolog", 14, "token", 19);

    private static final Map<String, String> NEEDED = Map.of(
            "unshare", "util-linux",
            "flock", "util-linux",
            "nft", "nftables",
            "ip", "iproute2",
            "xmllint", "libxml2-utils",
            "perl", "perl-base",
            "shellcheck", "shellcheck");

    @TempDir
    private Path scratch;

    @BeforeAll
    static void every_program_is_there() {
        NEEDED.forEach(Programs::require);
    }

    @TestFactory
    Stream<DynamicNode> every_case_holds() throws IOException, InterruptedException, ExecutionException {
        writeRulesOfTheBackend();
        // Together they take as long as the Epilog's minute.
        try (ExecutorService side = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<DynamicNode>> running = SPECS.entrySet().stream()
                    .map(spec -> side.submit(() -> run(spec.getKey(), spec.getValue())))
                    .toList();
            List<DynamicNode> ended = new ArrayList<>();
            for (Future<DynamicNode> one : running) {
                ended.add(one.get());
            }
            return ended.stream();
        }
    }

    @Test
    void shellcheck_finds_nothing_in_any_script() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("shellcheck", "-x"));
        for (String script : List.of(
                "host/qemu",
                "host/epilog",
                "host/sweep",
                "host/domains.sh",
                "global/prolog-slurmctld",
                "global/epilog-slurmctld",
                "global/renew-token",
                "src/test/sh/world")) {
            command.add(Programs.plugins().resolve(script).toString());
        }
        for (String spec : SPECS.keySet()) {
            command.add(
                    Programs.plugins().resolve("src/test/sh/" + spec + ".sh").toString());
        }
        Ran ran = Programs.run(command.toArray(String[]::new));
        assertThat(ran).isEqualTo(new Ran(0, ""));
    }

    private DynamicNode run(String spec, int atLeast) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(scratch.resolve(spec));
        Ran ran = Programs.run(
                Programs.plugins().resolve("src/test/sh/world").toString(),
                Programs.plugins().toString(),
                folder.toString(),
                spec);
        assertThat(ran.code()).as(ran.output()).isZero();
        List<DynamicNode> cases = Cases.of(ran.output());
        assertThat(cases).as(spec).hasSizeGreaterThanOrEqualTo(atLeast);
        return DynamicContainer.dynamicContainer(spec, cases);
    }

    private static void writeRulesOfTheBackend() throws IOException {
        Path target = Files.createDirectories(Programs.plugins().resolve("target"));
        Range project = Range.parse("10.77.1.0/24");
        Endpoint broker = Endpoint.parse("10.77.0.1:8443");
        Files.writeString(target.resolve("worker.rules"), HostRules.forWorker(Ipv4.parse("10.77.1.16"), project));
        Files.writeString(target.resolve("cvm.rules"), HostRules.forCvm(Ipv4.parse("10.77.1.10"), project, broker));
    }
}
