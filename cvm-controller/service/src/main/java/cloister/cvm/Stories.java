package cloister.cvm;

import cloister.cvm.slurm.PendingJob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What was told about each job, with times, for {@code cloister why}: a file for each job, which everyone in the project may
 * read as they may read the queue. Told anew after a restart is told once. Old jobs' files make room for new ones.
 */
final class Stories {
    private static final int MOST_LINES = 200;
    private static final int MOST_JOBS = 2000;
    private static final String ALONE = "no worker is waited for: the project's own Slurm starts it";

    private final Path folder;

    /** Stories in this folder, which is made where it is not there. */
    Stories(Path folder) {
        this.folder = folder;
    }

    /** Adds what was told, unless it is what was told last. */
    void tell(Notices.Notice notice, Instant at) throws IOException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Path story = folder.resolve(Integer.toString(notice.job()));
        boolean known = Files.exists(story);
        List<String> lines = known ? Files.readAllLines(story, StandardCharsets.UTF_8) : List.of();
        String text = notice.text().isEmpty()
                ? ALONE
                : notice.text().substring(PendingJob.noteMark().length());
        String line = Notices.time(at) + "  " + text;
        boolean again = !lines.isEmpty()
                && lines.getLast().length() == line.length()
                && lines.getLast().endsWith("  " + text);
        if (again || lines.size() >= MOST_LINES) {
            return;
        }
        if (!known) {
            makeRoom();
        }
        Files.writeString(story, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void makeRoom() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            List<Path> stories = all.toList();
            if (stories.size() < MOST_JOBS) {
                return;
            }
            for (Path old : stories.stream()
                    .sorted(Comparator.comparingInt(Stories::job))
                    .limit(stories.size() - MOST_JOBS / 2)
                    .toList()) {
                Files.delete(old);
            }
        }
    }

    /** Whose story it is; a higher number is a later job's. */
    private static int job(Path story) {
        return Integer.parseInt(String.valueOf(story.getFileName()));
    }
}
