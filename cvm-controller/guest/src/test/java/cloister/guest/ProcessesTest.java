package cloister.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.guest.Commands.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProcessesTest {
    private final Commands commands = Commands.ofThisMachine();

    @TempDir
    Path folder;

    @Test
    void a_command_has_its_arguments_as_they_are_and_no_shell() throws Exception {
        assertThat(commands.checked(Command.of("printf", "%s|", "a b", "$HOME", "`id`", "")))
                .isEqualTo("a b|$HOME|`id`||");
    }

    @Test
    void exit_code_and_both_streams_come_back() throws Exception {
        assertThat(commands.run(Command.of("sh", "-c", "echo out; echo bad >&2; exit 3")))
                .isEqualTo(new Outcome.Finished(3, "out\n", "bad\n"));
    }

    @Test
    void a_failure_is_told_in_one_printable_line() {
        assertThatThrownBy(() ->
                        commands.checked(Command.of("sh", "-c", "printf '\\nno \\033[31mdisk\\nmore\\n' >&2; exit 3")))
                .isInstanceOf(CommandFailed.class)
                .hasMessage("sh ended with exit 3: no ?[31mdisk");
    }

    @Test
    void input_is_given_to_it_and_not_shown() throws Exception {
        Command command = Command.of("cat").reading("secret".getBytes(StandardCharsets.UTF_8));
        assertThat(commands.checked(command)).isEqualTo("secret");
        assertThat(command.toString()).isEqualTo("cat");
    }

    @Test
    void input_that_nobody_reads_is_no_error() throws Exception {
        assertThat(commands.checked(Command.of("true").reading(new byte[1_000_000])))
                .isEmpty();
    }

    @Test
    void the_environment_is_not_inherited() throws Exception {
        assertThat(commands.checked(Command.of("env").with("ONLY", "this")).lines())
                .allMatch(line -> line.matches("(PATH|LANG|HOME|ONLY|PWD|_|SHLVL)=.*"))
                .contains("ONLY=this");
    }

    @Test
    void a_command_that_takes_too_long_is_killed_with_its_children() throws Exception {
        Path pid = folder.resolve("pid");
        Command slow = Command.of("sh", "-c", "sleep 600 & echo $! > " + pid + "; wait")
                .within(Duration.ofSeconds(2));
        assertThat(commands.run(slow)).isEqualTo(new Outcome.TimedOut());
        long child = Long.parseLong(Files.readString(pid).strip());
        ProcessHandle.of(child).ifPresent(handle -> handle.onExit().join());
        assertThat(ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false))
                .isFalse();
    }

    @Test
    void a_command_that_prints_too_much_is_killed() throws Exception {
        assertThat(commands.run(Command.of("yes").printing(10_000))).isEqualTo(new Outcome.TooMuch());
    }

    @Test
    void a_daemon_that_keeps_the_streams_open_is_not_waited_for() throws Exception {
        Command forking = Command.of("sh", "-c", "sleep 30 & echo $!").within(Duration.ofSeconds(20));
        long start = System.nanoTime();
        String daemon = commands.checked(forking).strip();
        assertThat(System.nanoTime() - start).isLessThan(15_000_000_000L);
        ProcessHandle.of(Long.parseLong(daemon)).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void an_interrupt_kills_the_command() throws Exception {
        var began = new CountDownLatch(1);
        var killed = new CountDownLatch(1);
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                began.countDown();
                commands.run(Command.of("sleep", "600").within(Duration.ofMinutes(20)));
            } catch (InterruptedException e) {
                killed.countDown();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        began.await();
        thread.interrupt();
        thread.join(Duration.ofSeconds(20));
        assertThat(killed.getCount()).isZero();
    }

    @Test
    void a_program_that_is_not_there_cannot_be_started() {
        assertThatThrownBy(() -> commands.run(Command.of("no-such-program-of-ours")))
                .isInstanceOf(IOException.class);
        assertThatIllegalArgumentException().isThrownBy(() -> Command.of("echo", "a\0b"));
    }
}
