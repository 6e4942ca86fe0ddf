package cloister.cvm.fleet;

import cloister.broker.LeaseRequest;
import cloister.cvm.broker.Wire;
import cloister.guest.PrivateFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;

/** What was asked for under each number, on the CVM's own drive: kept before the broker is asked, so that a repeat is the same. */
public final class LeaseBook {
    private static final Pattern NAME = Pattern.compile("([1-9][0-9]{0,8})\\.json");
    private static final long LONGEST_BYTES = 4096;

    private final Path folder;
    private final Wire wire = new Wire();

    /** A book in a folder, which is made where there is none. */
    public LeaseBook(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /** Keeps a request; it is on the drive when this returns. */
    public void keep(int lease, LeaseRequest request) throws IOException {
        PrivateFiles.write(file(lease), wire.write(request));
    }

    /** Forgets a request. */
    public void forget(int lease) throws IOException {
        Files.deleteIfExists(file(lease));
    }

    /**
     * All that is kept.
     *
     * @throws IOException where a file cannot be read or is not one of ours
     */
    public Map<Integer, LeaseRequest> kept() throws IOException {
        Map<Integer, LeaseRequest> kept = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (!name.matches() || Files.size(file) > LONGEST_BYTES) {
                    throw new IOException("a file in " + folder + " is no kept request");
                }
                try {
                    kept.put(Integer.parseInt(name.group(1)), wire.read(Files.readAllBytes(file), LeaseRequest.class));
                } catch (JacksonException e) {
                    throw new IOException("the kept request of lease " + name.group(1) + " cannot be read", e);
                }
            }
        }
        return kept;
    }

    private Path file(int lease) {
        return folder.resolve(lease + ".json");
    }
}
