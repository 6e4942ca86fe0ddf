package cloister.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The real nft takes the rules, in a network namespace of the test's own. */
class NftIT {
    private static final Range PROJECT = Range.parse("10.77.1.0/24");
    private static final Range OVERLAY = Range.parse("10.99.0.0/24");
    private static final Endpoint BROKER = Endpoint.parse("10.77.0.1:8443");
    private static final Ipv4 CVM = Ipv4.parse("10.77.1.10");
    private static final Ipv4 WORKER = Ipv4.parse("10.77.1.16");
    private static final String FRAME = "table bridge vm_1 {\n chain to_vm { }\n chain from_vm { }\n}\n";

    @Test
    void host_rules_load_within_the_frame_of_the_hook() throws Exception {
        for (String rules : List.of(HostRules.forWorker(WORKER, PROJECT), HostRules.forCvm(CVM, PROJECT, BROKER))) {
            long lines = rules.lines().count();
            Loaded loaded = load(FRAME + rules.replace("@TABLE@", "vm_1"), "list table bridge vm_1");
            assertThat(loaded.exit()).as(loaded.output()).isZero();
            assertThat(loaded.output().lines().filter(line -> line.contains("counter")))
                    .hasSize((int) lines);
        }
    }

    @Test
    void guest_rules_load_and_drop_by_default() throws Exception {
        for (String rules : List.of(
                GuestRules.forWorker(WORKER, PROJECT, OVERLAY), GuestRules.forCvm(CVM, PROJECT, OVERLAY, BROKER))) {
            Loaded loaded = load(rules, "list ruleset");
            assertThat(loaded.exit()).as(loaded.output()).isZero();
            assertThat(loaded.output().lines().filter(line -> line.contains("policy drop")))
                    .hasSize(3);
        }
    }

    @Test
    void guest_rules_replace_what_was_loaded_before() throws Exception {
        Loaded loaded = load("table inet other { }\n" + GuestRules.forWorker(WORKER, PROJECT, OVERLAY), "list ruleset");
        assertThat(loaded.output()).contains("table inet cloister").doesNotContain("other");
    }

    @Test
    void a_broken_line_would_be_noticed() throws Exception {
        Loaded loaded = load(FRAME + "add rule bridge vm_1 to_vm ip saddr nowhere accept\n", "list ruleset");
        assertThat(loaded.exit()).isNotZero();
    }

    private record Loaded(int exit, String output) {}

    /** Loads the file in one transaction, in an empty network namespace that ends with the command. */
    private static Loaded load(String file, String thenList) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("unshare", "-r", "-n", "sh", "-c", "nft -f - && nft " + thenList)
                .redirectErrorStream(true)
                .start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(file.getBytes(StandardCharsets.UTF_8));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return new Loaded(process.exitValue(), output);
    }
}
