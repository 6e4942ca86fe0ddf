package cloister.backend.database;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.springframework.util.FileSystemUtils;
import org.tukaani.xz.XZInputStream;

/** The server's programs, unpacked once per version from the archive on the class path. */
final class PostgresBinaries {
    private static final String ARCHIVE = "/postgres-linux-x86_64.txz";
    private static final String PREFIX = "postgresql-";
    private static final Set<PosixFilePermission> PROGRAM = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final int OWNER_MAY_EXECUTE = 0100;

    private PostgresBinaries() {}

    /** Folder with {@code bin}, {@code lib} and {@code share}. An unpacking that broke off leaves nothing that is taken for whole. */
    static Path unpackedIn(Path folder) throws IOException {
        Path unpacked = folder.resolve(PREFIX + digest().substring(0, 16));
        if (Files.isDirectory(unpacked)) {
            return unpacked;
        }
        removeOthers(folder);
        Path half = Files.createTempDirectory(folder, PREFIX);
        unpack(half);
        return Files.move(half, unpacked, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void removeOthers(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.filter(Files::isDirectory).toList()) {
                if (entry.getFileName().toString().startsWith(PREFIX)) {
                    FileSystemUtils.deleteRecursively(entry);
                }
            }
        }
    }

    private static String digest() throws IOException {
        try (DigestInputStream archive = new DigestInputStream(archive(), MessageDigest.getInstance("SHA-256"))) {
            archive.transferTo(java.io.OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(archive.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static InputStream archive() {
        InputStream archive = PostgresBinaries.class.getResourceAsStream(ARCHIVE);
        if (archive == null) {
            throw new IllegalStateException(
                    "no PostgreSQL for this platform in the application: x86-64 Linux is needed");
        }
        return new BufferedInputStream(archive);
    }

    private static void unpack(Path target) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(archive()))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("the archive of PostgreSQL has an entry outside its folder");
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.resolveSibling("."));
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    if ((entry.getMode() & OWNER_MAY_EXECUTE) != 0) {
                        Files.setPosixFilePermissions(path, PROGRAM);
                    }
                }
            }
        }
    }
}
