package cloister.cli.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The disk of this machine. */
final class LocalDisk implements Disk {
    /** The longest file of ours is a few kilobytes; a site's own job_submit.lua may be long. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final int KIND = 0170000;
    private static final int FOLDER = 0040000;
    private static final int FILE = 0100000;

    @Override
    public Known<Optional<Entry>> entry(Path path) {
        try {
            Map<String, Object> seen = Files.readAttributes(path, "unix:uid,gid,mode");
            int mode = number(seen.get("mode")).intValue();
            return Known.seen(Optional.of(new Entry(
                    (mode & KIND) == FOLDER,
                    (mode & KIND) == FILE,
                    number(seen.get("uid")).longValue(),
                    number(seen.get("gid")).longValue(),
                    mode & 07777)));
        } catch (NoSuchFileException e) {
            return Known.seen(Optional.empty());
        } catch (IOException e) {
            return Known.unseen(path + " can't be looked at: " + e.getMessage());
        }
    }

    private static Number number(@Nullable Object value) {
        if (value instanceof Number number) {
            return number;
        }
        throw new IllegalStateException("an attribute of a file that is no number: " + value);
    }

    @Override
    public Known<Optional<String>> text(Path path) {
        try {
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                return Known.unseen(path + " is not a file");
            }
            try (InputStream in = Files.newInputStream(path)) {
                byte[] bytes = in.readNBytes(MOST_BYTES + 1);
                return bytes.length > MOST_BYTES
                        ? Known.unseen(path + " is longer than " + MOST_BYTES + " bytes")
                        : Known.seen(Optional.of(new String(bytes, StandardCharsets.UTF_8)));
            }
        } catch (NoSuchFileException e) {
            return Known.seen(Optional.empty());
        } catch (IOException e) {
            return Known.unseen(path + " can't be read: " + e.getMessage());
        }
    }
}
