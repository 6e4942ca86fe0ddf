package cloister.bridge.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import cloister.bridge.Asked;
import cloister.bridge.GateRefusal;
import cloister.bridge.Mark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryGateTest {
    private static final Asked ASKED = new Asked(new Mark(3, 14, 2), 4711, 0, "vmh[1-2,7]");
    private static final String NAME = "3.14.2.4711.0";
    private static final Instant NOW = Instant.ofEpochSecond(1_795_352_160);

    @TempDir
    Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private DirectoryGate gate;

    @BeforeEach
    void make() throws IOException {
        Files.createDirectories(folder.resolve("asked"));
        Files.createDirectories(folder.resolve("answers"));
        gate = new DirectoryGate(folder);
    }

    private Path ask(String name, String text) throws IOException {
        return Files.writeString(folder.resolve("asked").resolve(name), text);
    }

    private Path answer(String name) {
        return folder.resolve("answers").resolve(name);
    }

    @Test
    void what_slurm_wrote_is_read() throws IOException {
        ask(NAME, "1 vmh[1-2,7]\n");
        assertThat(gate.asked()).containsExactly(ASKED);
    }

    @Test
    void an_answer_repeats_the_nodes_and_can_be_read_by_slurm() throws IOException {
        gate.go(ASKED);
        assertThat(answer(NAME)).hasContent("1 go ok vmh[1-2,7]\n");
        assertThat(Files.getPosixFilePermissions(answer(NAME))).isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));
        Asked other = new Asked(new Mark(3, 15, 1), 4712, 1, "vmh1");
        gate.refuse(other, GateRefusal.WORKER_FAILED);
        assertThat(answer("3.15.1.4712.1")).hasContent("1 refuse worker-failed vmh1\n");
        try (Stream<Path> files = Files.list(folder.resolve("answers"))) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void the_first_answer_stands() {
        gate.refuse(ASKED, GateRefusal.CANCELLED);
        gate.go(ASKED);
        assertThat(answer(NAME)).hasContent("1 refuse cancelled vmh[1-2,7]\n");
    }

    @Test
    void a_half_written_answer_of_a_crash_is_replaced() throws IOException {
        Files.writeString(answer(NAME + ".tmp"), "1 g");
        gate.go(ASKED);
        assertThat(answer(NAME)).hasContent("1 go ok vmh[1-2,7]\n");
        assertThat(answer(NAME + ".tmp")).doesNotExist();
    }

    @Test
    void hostile_names_and_texts_are_passed_over() throws IOException {
        ask("..3.14.2.4711.0", "1 vmh1\n");
        ask("3.14.2.4711", "1 vmh1\n");
        ask("03.14.2.4711.0", "1 vmh1\n");
        ask("0.14.2.4711.0", "1 vmh1\n");
        ask("3.14.2147483648.4711.0", "1 vmh1\n");
        ask("3.14.2.4294967296.0", "1 vmh1\n");
        ask("3.14.2.4711.0\n", "1 vmh1\n");
        ask("3.14.2.4711.-1", "1 vmh1\n");
        ask("3.14.2.4711.1.tmp", "1 vmh1\n");
        ask("3.14.2.1.0", "1 vmh1");
        ask("3.14.2.2.0", "2 vmh1\n");
        ask("3.14.2.3.0", "1 vmh1 vmh2\n");
        ask("3.14.2.4.0", "1 vmh1\n1 vmh2\n");
        ask("3.14.2.5.0", "1 \n");
        ask("3.14.2.6.0", "");
        ask("3.14.2.7.0", "1 vmh$(reboot)\n");
        ask("3.14.2.8.0", "1 " + "v".repeat(40_000) + "\n");
        Files.createDirectory(folder.resolve("asked").resolve("3.14.2.9.0"));
        Path secret = Files.writeString(folder.resolve("secret"), "1 vmh1\n");
        Files.createSymbolicLink(folder.resolve("asked").resolve("3.14.2.10.0"), secret);
        ask(NAME, "1 vmh[1-2,7]\n");
        assertThat(gate.asked()).containsExactly(ASKED);
    }

    @Test
    void a_pipe_does_not_keep_the_gate_waiting() throws IOException, InterruptedException {
        Process mkfifo =
                new ProcessBuilder("mkfifo", folder.resolve("asked/3.14.2.1.0").toString()).start();
        assertThat(mkfifo.waitFor()).isZero();
        ask(NAME, "1 vmh[1-2,7]\n");
        assertThat(gate.asked()).containsExactly(ASKED);
    }

    @Test
    void a_full_folder_is_read_in_part() throws IOException {
        for (int job = 1; job <= 4_200; job++) ask("1.1.1." + job + ".0", "1 vmh1\n");
        assertThat(gate.asked()).hasSize(4_096);
    }

    @Test
    void the_heartbeat_is_the_time_in_seconds() {
        gate.beat(NOW);
        assertThat(answer("heartbeat")).hasContent("1795352160\n");
        gate.beat(NOW.plusSeconds(5));
        assertThat(answer("heartbeat")).hasContent("1795352165\n");
    }

    @Test
    void an_answer_is_removed_when_it_is_forgotten() {
        gate.go(ASKED);
        gate.forget(ASKED);
        assertThat(answer(NAME)).doesNotExist();
        gate.forget(ASKED);
    }

    @Test
    void answers_that_nobody_asks_for_expire_after_an_hour() throws IOException {
        ask(NAME, "1 vmh[1-2,7]\n");
        Files.writeString(answer("other"), "not ours");
        for (String name : new String[] {NAME, "3.14.1.9.0", "3.14.1.8.0.tmp", "3.14.1.7.0", "other"}) {
            Files.writeString(answer(name), "1 go ok vmh1\n");
            Duration age = name.equals("3.14.1.7.0") ? Duration.ofMinutes(59) : Duration.ofMinutes(61);
            Files.setLastModifiedTime(answer(name), FileTime.from(NOW.minus(age)));
        }
        gate.beat(NOW);
        assertThat(answer("3.14.1.9.0")).doesNotExist();
        assertThat(answer("3.14.1.8.0.tmp")).doesNotExist();
        assertThat(answer(NAME)).exists();
        assertThat(answer("3.14.1.7.0")).exists();
        assertThat(answer("other")).exists();
    }

    @Test
    void a_missing_folder_is_said_and_not_taken_for_an_empty_one() {
        DirectoryGate nowhere = new DirectoryGate(folder.resolve("nowhere"));
        assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(nowhere::asked);
        assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> nowhere.beat(NOW));
        assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> nowhere.go(ASKED));
    }
}
