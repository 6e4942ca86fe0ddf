package cloister.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.cli.doctor.Commands.Output;
import cloister.cli.doctor.Disk.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real programs and files. */
@Timeout(60)
class ThisMachineTest {
    private static final Processes COMMANDS = new Processes(Duration.ofSeconds(20), 1000);

    @TempDir
    Path folder;

    @Test
    void a_program_s_words_and_exit_code_are_seen() {
        assertThat(COMMANDS.run(List.of("sh", "-c", "echo out; echo err >&2; exit 3")))
                .isEqualTo(Known.seen(new Output(3, "out\n", "err\n")));
    }

    @Test
    void times_are_utc_and_the_caller_s_environment_stays_outside() {
        if (!(COMMANDS.run(List.of("env")) instanceof Known.Seen<Output>(Output output))) {
            throw new AssertionError("env did not run");
        }
        assertThat(output.out().lines().map(line -> line.replaceAll("=.*", "")))
                .contains("TZ", "LC_ALL")
                .isSubsetOf("TZ", "LC_ALL", "SLURM_TIME_FORMAT", "PATH", "SLURM_CONF");
    }

    @Test
    void a_program_that_is_not_there_is_unseen() {
        assertThat(COMMANDS.run(List.of("cloister-no-such-program"))).isInstanceOf(Known.Unseen.class);
    }

    @Test
    void a_program_that_takes_too_long_is_ended_with_what_it_started() throws IOException, InterruptedException {
        Path pid = folder.resolve("pid");
        Known<Output> said = new Processes(Duration.ofSeconds(2), 1000)
                .run(List.of("sh", "-c", "sleep 300 & echo $! > " + pid + "; wait"));
        assertThat(said).isEqualTo(Known.unseen("sh did not answer within 2 s"));
        Optional<ProcessHandle> sleeper =
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()));
        while (sleeper.isPresent() && sleeper.get().isAlive()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void a_program_that_says_too_much_is_unseen() {
        assertThat(COMMANDS.run(List.of("head", "-c", "1001", "/dev/zero")))
                .isEqualTo(Known.unseen("head says more than 1000 bytes"));
        assertThat(COMMANDS.run(List.of("head", "-c", "1000", "/dev/zero"))).isInstanceOf(Known.Seen.class);
    }

    @Test
    @Timeout(20)
    void a_program_that_leaves_another_behind_does_not_hold_us() {
        // Whether the pipe, which the other still holds, is given up after the program's end or after the pause is
        // Java's affair.
        assertThat(COMMANDS.run(List.of("setsid", "-f", "sleep", "30")))
                .isIn(
                        Known.seen(new Output(0, "", "")),
                        Known.unseen("setsid ended, but something that it started did not"));
    }

    @Test
    void a_file_s_owner_and_mode_are_seen_and_what_is_not_there_is_nothing() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "text");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
        long uid = ((Integer) Files.getAttribute(file, "unix:uid")).longValue();
        long gid = ((Integer) Files.getAttribute(file, "unix:gid")).longValue();

        LocalDisk disk = new LocalDisk();
        assertThat(disk.entry(file)).isEqualTo(Known.seen(Optional.of(new Entry(false, true, uid, gid, 0440))));
        assertThat(disk.text(file)).isEqualTo(Known.seen(Optional.of("text")));
        assertThat(disk.entry(folder.resolve("none"))).isEqualTo(Known.seen(Optional.empty()));
        assertThat(disk.text(folder.resolve("none"))).isEqualTo(Known.seen(Optional.empty()));
        assertThat(disk.text(folder)).isEqualTo(Known.unseen(folder + " is not a file"));
        if (!(disk.entry(folder) instanceof Known.Seen<Optional<Entry>>(Optional<Entry> entry))) {
            throw new AssertionError("the folder was not seen");
        }
        assertThat(entry.orElseThrow().folder()).isTrue();
    }

    @Test
    void a_file_that_is_too_long_is_not_read() throws IOException {
        Path file = Files.write(folder.resolve("long"), new byte[1024 * 1024 + 1]);
        assertThat(new LocalDisk().text(file)).isInstanceOf(Known.Unseen.class);
    }

    @Test
    void the_shipped_plugins_are_those_of_the_repository() throws IOException {
        Path plugins = Path.of("../../lua-plugins/global");
        assertThat(Shipped.plugins()).containsKeys("job_submit.lua", "burst_buffer.lua", "cloister_gate.lua");
        for (String name : Shipped.plugins().keySet()) {
            assertThat(Shipped.plugins()).containsEntry(name, Files.readString(plugins.resolve(name)));
        }
    }
}
