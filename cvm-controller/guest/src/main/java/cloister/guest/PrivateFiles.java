package cloister.guest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Files that appear whole or not at all, with the permissions that they are to have from their first byte on. */
public final class PrivateFiles {
    private PrivateFiles() {}

    /** For the owner alone: mode 0600. */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, content, "rw-------");
    }

    /** For all to read: mode 0644. */
    public static void writePublic(Path file, byte[] content) throws IOException {
        write(file, content, "rw-r--r--");
    }

    private static void write(Path file, byte[] content, String mode) throws IOException {
        var permissions = PosixFilePermissions.fromString(mode);
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(file + " is no file");
        }
        Path fresh = Files.createTempFile(
                folder,
                ".",
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                ByteBuffer left = ByteBuffer.wrap(content);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            Files.setPosixFilePermissions(fresh, permissions);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            // The name too has to outlive a machine that ends without warning.
            try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
                names.force(true);
            }
        } finally {
            Files.deleteIfExists(fresh);
        }
    }
}
