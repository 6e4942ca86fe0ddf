package cloister.bridge.gate;

import cloister.bridge.Asked;
import cloister.bridge.Gate;
import cloister.bridge.GateRefusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code asked/F}: {@code 1 <nodes>}. {@code answers/F}: {@code 1 go ok <nodes>} or {@code 1 refuse <code> <nodes>}.
 * {@code answers/heartbeat}: Unix seconds. Every file ends with a newline, is written under another name and renamed.
 */
public final class DirectoryGate implements Gate {
    private static final System.Logger LOG = System.getLogger(DirectoryGate.class.getName());
    private static final String TEMPORARY = ".tmp";
    private static final String HEARTBEAT = "heartbeat";
    /** More placeholders than a site starts at once; a full folder must not fill our memory. */
    private static final int MOST_FILES = 4_096;
    /** The longest list of hosts that {@link Asked} takes, and the words around it. */
    private static final int MOST_BYTES = 32_768 + 128;
    /** How many strange files are reported in one life of the process. */
    private static final int MOST_REPORTS = 64;

    private static final Duration FORGOTTEN = Duration.ofHours(1);

    private final Path asked;
    private final Path answers;
    private final Set<String> reported = new HashSet<>();

    public DirectoryGate(Path folder) {
        this.asked = folder.resolve("asked");
        this.answers = folder.resolve("answers");
    }

    @Override
    public List<Asked> asked() {
        List<Asked> found = new ArrayList<>();
        for (Path file : entries(asked)) read(file).ifPresent(found::add);
        found.sort(Comparator.comparing(Asked::name));
        return found;
    }

    @Override
    public void go(Asked placeholder) {
        answer(placeholder, "1 go ok " + placeholder.nodes() + "\n");
    }

    @Override
    public void refuse(Asked placeholder, GateRefusal code) {
        answer(placeholder, "1 refuse " + code.word() + " " + placeholder.nodes() + "\n");
    }

    @Override
    public void beat(Instant now) {
        write(HEARTBEAT, now.getEpochSecond() + "\n");
        for (Path file : entries(answers)) removeIfForgotten(file, now);
    }

    @Override
    public void forget(Asked placeholder) {
        remove(answers.resolve(placeholder.name()));
    }

    private void answer(Asked placeholder, String text) {
        Path file = answers.resolve(placeholder.name());
        try {
            Optional<String> standing = text(file);
            if (standing.isPresent()) {
                if (!standing.get().equals(text)) {
                    report(placeholder.name(), "was answered otherwise before; that answer stands");
                }
                return;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the gate's answer cannot be read: " + file, e);
        }
        LOG.log(Level.INFO, "gate {0}: {1}", placeholder.name(), text.strip());
        write(placeholder.name(), text);
    }

    private Optional<Asked> read(Path file) {
        String name = String.valueOf(file.getFileName());
        // Half-written files carry the name they will have and this ending; a link of Slurm's is none of ours.
        if (name.endsWith(TEMPORARY)) return Optional.empty();
        if (!Asked.isName(name)) {
            report(name, "is not a name that Slurm's gate gives");
            return Optional.empty();
        }
        try {
            Optional<String> text = text(file);
            if (text.isEmpty()) return Optional.empty();
            Optional<Asked> placeholder = parse(name, text.get());
            if (placeholder.isEmpty()) report(name, "does not say which nodes in the form we know");
            return placeholder;
        } catch (IOException e) {
            // One unreadable file must not keep the others waiting; the gate's own time limit ends this one.
            report(name, "cannot be read: " + e.getClass().getSimpleName());
            return Optional.empty();
        }
    }

    private static Optional<Asked> parse(String name, String text) {
        if (!text.startsWith("1 ") || !text.endsWith("\n")) return Optional.empty();
        return Asked.parse(name, text.substring(2, text.length() - 1));
    }

    /** The text of a regular file of bounded size; empty if there is no file by that name. */
    private static Optional<String> text(Path file) throws IOException {
        try {
            // Opening a pipe would wait for its writer, so look before opening.
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) throw new IOException("not a regular file");
                return Optional.empty();
            }
            try (SeekableByteChannel channel =
                    Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
                ByteBuffer buffer = ByteBuffer.allocate(MOST_BYTES + 1);
                while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                    // read until the end or until it is too much
                }
                if (!buffer.hasRemaining()) throw new IOException("longer than " + MOST_BYTES + " bytes");
                return Optional.of(new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII));
            }
        } catch (NoSuchFileException e) {
            // Slurm's teardown may remove a file between the listing and the reading: then it asks no more.
            return Optional.empty();
        }
    }

    private void write(String name, String text) {
        Path temporary = answers.resolve(name + TEMPORARY);
        Path file = answers.resolve(name);
        try {
            Files.deleteIfExists(temporary);
            Files.writeString(
                    temporary,
                    text,
                    StandardCharsets.US_ASCII,
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE);
            // Slurm reads as another user, whatever our umask is. Who may look here is the folder's business.
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("the gate's folder cannot be written: " + file, e);
        }
    }

    private void removeIfForgotten(Path file, Instant now) {
        String name = String.valueOf(file.getFileName());
        String plain = name.endsWith(TEMPORARY) ? name.substring(0, name.length() - TEMPORARY.length()) : name;
        if (!Asked.isName(plain) || Files.exists(asked.resolve(plain), LinkOption.NOFOLLOW_LINKS)) return;
        try {
            FileTime written = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS);
            if (written.toInstant().isBefore(now.minus(FORGOTTEN))) remove(file);
        } catch (NoSuchFileException e) {
            LOG.log(Level.DEBUG, "{0} was removed meanwhile", name);
        } catch (IOException e) {
            throw new UncheckedIOException("the gate's folder cannot be read: " + file, e);
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("the gate's folder cannot be written: " + file, e);
        }
    }

    private static List<Path> entries(Path folder) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            Iterator<Path> each = stream.iterator();
            while (files.size() < MOST_FILES && each.hasNext()) files.add(each.next());
        } catch (IOException e) {
            throw new UncheckedIOException("the gate's folder cannot be read: " + folder, e);
        }
        return files;
    }

    /** Says it once for each name; a name is shown only as far as it cannot disturb a terminal or a log. */
    private synchronized void report(String name, String what) {
        if (reported.size() >= MOST_REPORTS || !reported.add(name)) return;
        String shown = name.substring(0, Math.min(name.length(), 64)).replaceAll("[^A-Za-z0-9._-]", "?");
        LOG.log(Level.WARNING, "gate: {0} {1}", shown, what);
    }
}
