package cloister.bridge.slurm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;

/**
 * {@code usage/<jobid>.<submit>} in the gate's folder, for jobcomp.lua: {@code 1 <text>} and a newline. A site without
 * jobcomp.lua need not have the folder.
 */
record UsageFile(Path folder) {
    private Path file(long job, Instant submitted) {
        return folder.resolve(job + "." + submitted.getEpochSecond());
    }

    boolean wanted() {
        return Files.isDirectory(folder);
    }

    void write(long job, Instant submitted, String text) {
        Path file = file(job, submitted);
        Path temporary = folder.resolve(file.getFileName() + ".tmp");
        try {
            Files.deleteIfExists(temporary);
            Files.writeString(
                    temporary,
                    "1 " + text + "\n",
                    StandardCharsets.US_ASCII,
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE);
            // slurmctld opens it for reading and writing, because that never waits; it is in the folder's group.
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-rw----"));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("the gate's folder cannot be written: " + file, e);
        }
    }

    void remove(long job, Instant submitted) {
        try {
            Files.deleteIfExists(file(job, submitted));
        } catch (IOException e) {
            throw new UncheckedIOException("the gate's folder cannot be written: " + folder, e);
        }
    }
}
