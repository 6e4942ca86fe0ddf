package cloister.worker;

import cloister.control.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** What the kernel says about this worker. */
final class Machine {
    private static final String LISTENING = "0A";
    private static final int MIB = 1024 * 1024;

    private final Path root;

    /**
     * The kernel's view.
     *
     * @param root where {@code /proc} and {@code /sys} are: {@code /}, save in tests
     */
    Machine(Path root) {
        this.root = root;
    }

    /** Time since boot. It never goes back. */
    Duration uptime() throws IOException {
        String seconds = Files.readString(root.resolve("proc/uptime")).split(" ", 2)[0];
        return Duration.ofMillis((long) (Double.parseDouble(seconds) * 1000));
    }

    /** Where home directories are mounted, all of them or the owner's alone; empty where none are. */
    Optional<String> home() throws IOException {
        try (var lines = Files.lines(root.resolve("proc/self/mounts"))) {
            return lines.map(line -> line.split(" ", 3)[1])
                    .filter(where -> where.equals("/home") || where.matches("/home/[a-z][a-z0-9-]*"))
                    .findFirst();
        }
    }

    /** Whether something is mounted exactly there. */
    boolean mounted(String where) throws IOException {
        try (var lines = Files.lines(root.resolve("proc/self/mounts"))) {
            return lines.anyMatch(line -> line.split(" ", 3)[1].equals(where));
        }
    }

    /** Whether something listens on the TCP port, on whichever address. */
    boolean listens(int port) throws IOException {
        String local = String.format(Locale.ROOT, ":%04X", port);
        for (String table : new String[] {"proc/net/tcp", "proc/net/tcp6"}) {
            Path file = root.resolve(table);
            if (Files.exists(file)) {
                try (var lines = Files.lines(file)) {
                    if (lines.map(line -> line.strip().split(" +"))
                            .anyMatch(fields ->
                                    fields.length > 3 && fields[1].endsWith(local) && fields[3].equals(LISTENING))) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** Size of the file system at {@code /tmp}, in MiB, as slurmd counts it. */
    int tmpMiB() throws IOException {
        return Math.toIntExact(Files.getFileStore(root.resolve("tmp")).getTotalSpace() / MIB);
    }

    /** Whether any step of a job runs here. */
    boolean busy() throws IOException {
        try (var processes = Files.newDirectoryStream(root.resolve("proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (nameOf(process).equals("slurmstepd")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String nameOf(Path process) throws IOException {
        try {
            return Files.readString(process.resolve("comm")).strip();
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            if (Files.exists(process)) {
                throw e;
            }
            // It ended between the listing and the look: ESRCH.
            return "";
        }
    }

    /** What all steps of all jobs have used since boot, from the control group that slurmd keeps them in. */
    Usage usage() throws IOException {
        long cpuMicros = 0;
        long peakBytes = 0;
        Path slice = root.resolve("sys/fs/cgroup/system.slice");
        if (Files.isDirectory(slice)) {
            try (var scopes = Files.newDirectoryStream(slice, "*slurmstepd.scope")) {
                for (Path scope : scopes) {
                    cpuMicros += counter(scope.resolve("cpu.stat"), "usage_usec ");
                    peakBytes += counter(scope.resolve("memory.peak"), "");
                }
            }
        }
        return new Usage(cpuMicros / 1000, Math.toIntExact((peakBytes + MIB - 1) / MIB), uptime().toSeconds());
    }

    /** The number behind a word; 0 where the kernel has no such counter. */
    private static long counter(Path file, String word) throws IOException {
        if (!Files.exists(file)) {
            return 0;
        }
        try (var lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(word))
                    .findFirst()
                    .map(line -> Long.parseLong(line.substring(word.length()).strip()))
                    .orElse(0L);
        }
    }
}
