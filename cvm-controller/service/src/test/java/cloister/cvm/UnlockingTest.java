package cloister.cvm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.guest.Command;
import cloister.guest.Commands;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnlockingTest {
    private static final byte[] KEY = new byte[64];
    private static final Executor OWN_THREAD =
            task -> Thread.ofPlatform().daemon().start(task);
    private static final byte[] OTHER = filled(7);

    @TempDir
    private Path folder;

    private static byte[] filled(int with) {
        byte[] key = new byte[64];
        Arrays.fill(key, (byte) with);
        return key;
    }

    /** A drive in memory; other commands are this machine's. */
    private static final class Drive implements Commands {
        private String state;
        private final byte[] key;
        private final List<String> calls = new ArrayList<>();

        Drive(String state, byte[] key) {
            this.state = state;
            this.key = key;
        }

        @Override
        public Outcome run(Command command) throws IOException, InterruptedException {
            List<String> arguments = command.arguments();
            if (!arguments.getFirst().endsWith("/data-volume")) {
                return Commands.ofThisMachine().run(command);
            }
            if (arguments.get(1).equals("state")) {
                return new Outcome.Finished(0, state + "\n", "");
            }
            calls.add(arguments.get(1));
            if (arguments.get(1).equals("open") && !Arrays.equals(command.input(), key)) {
                return new Outcome.Finished(3, "", "no key available");
            }
            state = "open";
            return new Outcome.Finished(0, "", "");
        }
    }

    private List<String> bring(Drive drive, String... lines) throws Exception {
        List<String> answers = new ArrayList<>();
        CompletableFuture<Void> opened = new CompletableFuture<>();
        Unlocking unlocking =
                new Unlocking(new DataVolume(drive, Duration.ofSeconds(5)), drive, folder.resolve("unlock"));
        CompletableFuture<Void> done = CompletableFuture.runAsync(
                () -> {
                    try {
                        unlocking.await(() -> opened.complete(null));
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                OWN_THREAD);
        opened.get(10, TimeUnit.SECONDS);
        Path answer = folder.resolve("unlock/answer");
        for (String line : lines) {
            Files.writeString(folder.resolve("unlock/key"), line + "\n");
            String id = line.split(" ", -1)[1];
            long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (!Files.readString(answer).startsWith(id + " ")) {
                assertThat(System.nanoTime()).as("no answer to " + id).isLessThan(end);
                Thread.onSpinWait();
            }
            answers.add(Files.readString(answer).strip());
        }
        done.get(10, TimeUnit.SECONDS);
        return answers;
    }

    private static String line(String verb, String id, byte[] key) {
        return verb + " " + id + " " + Base64.getEncoder().encodeToString(key);
    }

    @Test
    void the_drive_opens_with_its_key_only() throws Exception {
        Drive drive = new Drive("locked", KEY);
        assertThat(bring(drive, line("open", "a1", OTHER), line("make", "b2", OTHER), line("open", "c3", KEY)))
                .containsExactly("a1 wrong-key", "b2 not-blank", "c3 opened");
        assertThat(drive.calls).as("what is used is never made anew").containsExactly("open", "open");
    }

    @Test
    void a_blank_drive_is_made_only_when_its_owner_says_so() throws Exception {
        Drive drive = new Drive("blank", KEY);
        assertThat(bring(drive, line("open", "a1", KEY), line("make", "b2", KEY)))
                .containsExactly("a1 blank", "b2 opened");
        assertThat(drive.calls).containsExactly("make");
    }

    @Test
    void what_is_no_key_is_skipped_and_the_next_is_taken() throws Exception {
        Drive drive = new Drive("locked", KEY);
        Path pipe = folder.resolve("unlock/key");
        CompletableFuture<Void> noise = CompletableFuture.runAsync(
                () -> {
                    try {
                        while (!Files.exists(folder.resolve("unlock/answer"))) {
                            Thread.onSpinWait();
                        }
                        Files.writeString(pipe, "open x " + "A".repeat(2_000) + "\n\n\0\0\nnonsense\n");
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                OWN_THREAD);
        assertThat(bring(drive, line("open", "a1", KEY))).containsExactly("a1 opened");
        noise.get(10, TimeUnit.SECONDS);
        assertThat(drive.calls).containsExactly("open");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "open",
                "open a1",
                "open a1 AAAA",
                "open a1 ????",
                "burn a1 %s",
                "open ../x %s",
                "open 12345678901234567 %s",
                "open a1 %s more"
            })
    void a_line_of_another_form_is_no_key(String line) {
        String text = line.formatted(Base64.getEncoder().encodeToString(KEY));
        assertThat(Unlocking.parse(text.getBytes(StandardCharsets.US_ASCII))).isEmpty();
        assertThat(Unlocking.parse(line("open", "a1", KEY).getBytes(StandardCharsets.US_ASCII)))
                .isPresent();
    }
}
