package cloister.worker;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.control.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
    @TempDir
    Path root;

    private Machine machine = new Machine(Path.of("/"));

    @BeforeEach
    void pretend() throws IOException {
        PretendGuest.make(root);
        machine = new Machine(root);
    }

    @Test
    void uptime_is_the_kernels() throws Exception {
        assertThat(machine.uptime()).isEqualTo(Duration.ofMillis(21_500));
        assertThat(new Machine(Path.of("/")).uptime()).isPositive();
    }

    @Test
    void a_mount_is_found_by_its_exact_place() throws Exception {
        assertThat(machine.mounted("/home")).isTrue();
        assertThat(machine.mounted("/hom")).isFalse();
        assertThat(machine.mounted("/home/alice")).isFalse();
        assertThat(machine.home()).contains("/home");
    }

    @Test
    void a_listening_port_is_not_a_connected_one() throws Exception {
        assertThat(machine.listens(6818)).isTrue();
        assertThat(machine.listens(6817)).isFalse();
        Files.writeString(
                root.resolve("proc/net/tcp"),
                "  sl  local_address rem_address   st\n   0: 1000630A:1AA2 0100630A:9000 01 0:0\n");
        assertThat(machine.listens(6818)).isFalse();
        Files.writeString(
                root.resolve("proc/net/tcp6"),
                "  sl  local_address\n   0: 00000000000000000000000000000000:1AA2 0:0 0A\n");
        assertThat(machine.listens(6818)).isTrue();
    }

    @Test
    void it_is_busy_while_a_step_of_a_job_runs() throws Exception {
        assertThat(machine.busy()).isFalse();
        Files.createDirectories(root.resolve("proc/4711"));
        assertThat(machine.busy())
                .as("a process that is just ending has no name")
                .isFalse();
        Files.writeString(root.resolve("proc/4711/comm"), "slurmstepd\n");
        assertThat(machine.busy()).isTrue();
    }

    @Test
    void usage_is_that_of_all_steps_rounded_up() throws Exception {
        assertThat(machine.usage()).isEqualTo(new Usage(12_345, 2, 21));
        try (var scope = Files.list(root.resolve("sys/fs/cgroup/system.slice/w1-1_slurmstepd.scope"))) {
            for (Path file : scope.toList()) {
                Files.delete(file);
            }
        }
        assertThat(machine.usage()).as("before the first job").isEqualTo(new Usage(0, 0, 21));
    }
}
