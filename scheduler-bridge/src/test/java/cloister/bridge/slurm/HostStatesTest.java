package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import cloister.bridge.HostState;
import cloister.bridge.HostStates;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
class HostStatesTest {
    private static final String NODE = "GET /slurm/VERSION/node/vmh2";

    @Parameter
    String version = "";

    @TempDir
    Path folder = Path.of("");

    private static String nodes(String name, String states) {
        return "{\"nodes\": [{\"name\": \"" + name + "\", \"state\": " + states + "}], \"errors\": []}";
    }

    @Test
    void a_host_is_silent_where_slurm_hears_nothing_or_has_given_it_up() throws IOException {
        try (CannedSlurmrestd slurmrestd = new CannedSlurmrestd(folder, version)) {
            HostStates hosts = RestHostStates.connect(slurmrestd.config());
            for (String serving : new String[] {"[\"IDLE\"]", "[\"MIXED\", \"DRAIN\"]", "[\"ALLOCATED\"]"}) {
                slurmrestd.on(NODE, 200, nodes("vmh2", serving));
                assertThat(hosts.of("vmh2")).isEqualTo(new HostState.Serving());
            }
            slurmrestd.on(NODE, 200, nodes("vmh2", "[\"ALLOCATED\", \"NOT_RESPONDING\"]"));
            assertThat(hosts.of("vmh2")).isEqualTo(new HostState.Silent("ALLOCATED NOT_RESPONDING"));
            slurmrestd.on(NODE, 200, nodes("vmh2", "[\"DOWN\"]"));
            assertThat(hosts.of("vmh2")).isEqualTo(new HostState.Silent("DOWN"));
        }
    }

    @Test
    void what_slurm_does_not_say_is_unknown_and_never_a_loss() throws IOException {
        try (CannedSlurmrestd slurmrestd = new CannedSlurmrestd(folder, version)) {
            HostStates hosts = RestHostStates.connect(slurmrestd.config());
            String[] nothing = {
                nodes("vmh1", "[\"DOWN\"]"),
                nodes("vmh2", "[]"),
                "{\"nodes\": [], \"errors\": []}",
                "{\"errors\": [{\"error_number\": 2018, \"error\": \"Invalid node name specified\"}]}",
                "{}",
            };
            for (String answer : nothing) {
                slurmrestd.on(NODE, 200, answer);
                assertThat(hosts.of("vmh2")).isInstanceOf(HostState.Unknown.class);
            }
            slurmrestd.on(NODE, 500, "");
            assertThat(hosts.of("vmh2")).isInstanceOf(HostState.Unknown.class);
            assertThatIllegalArgumentException().isThrownBy(() -> hosts.of("vmh2/../jobs"));
        }
    }
}
