package cloister.vpn.identity;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file that only its owner can read: mode 0600, written whole or not at all. */
public final class SecretFile {
    private static final Set<PosixFilePermission> OWNER_ONLY =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private SecretFile() {}

    /**
     * Reads a regular file, no link, of mode 0600 or 0400 and at most so many bytes. Anything else is an {@link IOException}. The
     * caller overwrites the bytes after use.
     */
    public static byte[] read(Path file, int mostBytes) throws IOException {
        PosixFileAttributes attributes =
                Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isRegularFile() || !OWNER_ONLY.containsAll(attributes.permissions())) {
            throw new IOException(
                    file + " must be a regular file of mode 0600: chmod 600 it, and replace what is in it if"
                            + " others may have read it");
        }
        if (attributes.size() > mostBytes) {
            throw new IOException(file + " is too long for what it should hold");
        }
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return in.readNBytes(mostBytes);
        }
    }

    /** Puts the bytes in place of whatever was there. After a crash the file is the old one or the new one. */
    public static void replace(Path file, byte[] content) throws IOException {
        Path folder = folder(file);
        Path fresh = fresh(folder, content);
        try {
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            settle(folder);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    /** As {@link #replace}, but a file that exists stays and is an error. */
    public static void create(Path file, byte[] content) throws IOException {
        Path folder = folder(file);
        Path fresh = fresh(folder, content);
        try {
            Files.createLink(file, fresh);
        } finally {
            Files.deleteIfExists(fresh);
        }
        settle(folder);
    }

    private static Path folder(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(file + " cannot be a file");
        }
        return folder;
    }

    private static Path fresh(Path folder, byte[] content) throws IOException {
        Path fresh = Files.createTempFile(folder, ".secret-", ".tmp", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        boolean written = false;
        try (FileChannel out = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            ByteBuffer left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                out.write(left);
            }
            out.force(true);
            written = true;
        } finally {
            if (!written) {
                Files.deleteIfExists(fresh);
            }
        }
        return fresh;
    }

    /** A name is on disk only when its folder is. */
    private static void settle(Path folder) throws IOException {
        try (FileChannel entry = FileChannel.open(folder, StandardOpenOption.READ)) {
            entry.force(true);
        }
    }
}
