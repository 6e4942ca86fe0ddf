package cloister.cvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoriesTest {
    private static final Instant AT = Instant.ofEpochSecond(1_795_352_160);

    @TempDir
    private Path folder;

    private void tell(int job, String text, int second) throws IOException {
        new Stories(folder.resolve("why")).tell(new Notices.Notice(job, text), AT.plusSeconds(second));
    }

    private Path story(int job) {
        return folder.resolve("why").resolve(Integer.toString(job));
    }

    @Test
    void what_was_told_stands_there_with_its_times_and_a_repetition_does_not() throws IOException {
        tell(7, "cloister: workers are being asked for", 0);
        tell(7, "cloister: workers are being asked for", 31);
        tell(7, "cloister: starting: 1 of 2 workers up", 40);
        tell(7, "", 50);
        assertThat(story(7)).hasContent("""
                2026-11-22 12:56:00 UTC  workers are being asked for
                2026-11-22 12:56:40 UTC  starting: 1 of 2 workers up
                2026-11-22 12:56:50 UTC  no worker is waited for: the project's own Slurm starts it
                """);
    }

    @Test
    void a_story_and_their_number_have_an_end() throws IOException {
        for (int i = 0; i < 250; i++) {
            tell(1, "cloister: " + i, i);
        }
        assertThat(Files.readAllLines(story(1))).hasSize(200);
        for (int job = 2; job <= 2001; job++) {
            tell(job, "cloister: x", 0);
        }
        try (var all = Files.list(folder.resolve("why"))) {
            assertThat(all.count()).isEqualTo(1001);
        }
        assertThat(story(1)).as("the oldest goes").doesNotExist();
        assertThat(story(2001)).exists();
    }
}
