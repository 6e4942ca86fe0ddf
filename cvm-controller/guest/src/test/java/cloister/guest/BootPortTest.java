package cloister.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BootPortTest {
    @TempDir
    Path root;

    private void port(String device, String name) throws IOException {
        Files.createDirectories(root.resolve("sys/class/virtio-ports/" + device));
        Files.writeString(root.resolve("sys/class/virtio-ports/" + device + "/name"), name + "\n");
    }

    private BootPort find(Duration limit) throws IOException, InterruptedException {
        return BootPort.find(root.resolve("sys"), root.resolve("dev"), limit);
    }

    @Test
    void the_port_is_found_by_its_name_among_others() throws Exception {
        port("vport1p1", "org.qemu.guest_agent.0");
        port("vport1p2", "org.cloister.boot");
        Files.createDirectories(root.resolve("dev"));
        Files.createFile(root.resolve("dev/vport1p2"));
        try (BootPort port = find(Duration.ofSeconds(5))) {
            port.write("ready\n".getBytes(StandardCharsets.US_ASCII));
        }
        assertThat(root.resolve("dev/vport1p2")).hasContent("ready\n");
    }

    @Test
    void a_guest_without_the_port_says_so() throws Exception {
        port("vport1p1", "org.qemu.guest_agent.0");
        assertThatThrownBy(() -> find(Duration.ofMillis(120)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("org.cloister.boot");
    }

    /** A named pipe, opened for both directions as the port is: what was written is what is read next. */
    @Test
    void both_directions_go_through_one_open_device() throws Exception {
        port("vport1p2", "org.cloister.boot");
        Files.createDirectories(root.resolve("dev"));
        Commands.ofThisMachine()
                .checked(Command.of("mkfifo", root.resolve("dev/vport1p2").toString()));
        try (BootPort port = find(Duration.ofSeconds(5))) {
            port.write("ready\n".getBytes(StandardCharsets.US_ASCII));
            byte[] read = new byte[100];
            assertThat(port.read(read)).isEqualTo(6);
        }
    }
}
