package cloister.cvm;

import cloister.vpn.ProjectCa;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The keys on the CVM's drive, which outlive it: the project's certificate authority, and the machine keys of this CVM and of
 * those before it. A worker admits on its port 22 the one CVM that asked for its lease, so a later one needs that one's key for
 * as long as the lease lives. Prints nothing secret.
 */
final class Keyring {
    private static final Pattern NAME = Pattern.compile("([1-9][0-9]{0,8})\\.pem");

    private final Path folder;
    private final NavigableMap<Integer, MachineKey> byFirstLease = new TreeMap<>();

    /**
     * The keys in a folder, of this CVM and of those before it.
     *
     * @param folder on the drive, for root alone
     * @param own this CVM's
     * @param oldestLease the lowest number of a lease that may still live
     * @param nextLease number of the first lease that this CVM can have asked for
     */
    Keyring(Path folder, MachineKey own, int oldestLease, int nextLease) throws IOException {
        this.folder = folder;
        Path keys = Files.createDirectories(folder.resolve("machines"));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(keys, "*.pem")) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (!name.matches()) {
                    throw new IOException("a file in " + keys + " is no key of a CVM");
                }
                byFirstLease.put(Integer.parseInt(name.group(1)), MachineKey.load(file));
            }
        }
        if (byFirstLease.isEmpty()
                || !byFirstLease.lastEntry().getValue().spki().equals(own.spki())) {
            own.store(keys.resolve(nextLease + ".pem"));
            byFirstLease.put(nextLease, own);
        }
        Integer needed = byFirstLease.floorKey(oldestLease);
        if (needed != null) {
            NavigableMap<Integer, MachineKey> old = byFirstLease.headMap(needed, false);
            for (int first : old.keySet()) {
                Files.delete(keys.resolve(first + ".pem"));
            }
            old.clear();
        }
    }

    /** The key of the CVM that asked for a lease. */
    MachineKey of(int lease) {
        var asker = byFirstLease.floorEntry(lease);
        return (asker == null ? byFirstLease.firstEntry() : asker).getValue();
    }

    /** The project's certificate authority, made once. */
    ProjectCa authority(Instant now) throws IOException {
        Path file = folder.resolve("ca.pem");
        return Files.exists(file) ? ProjectCa.load(file) : ProjectCa.create(file, now);
    }
}
