package cloister.worker;

import cloister.broker.GpuKind;
import cloister.control.GpuNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** This machine's GPUs under the names that the project's {@code gres.conf} has for them. */
final class GpuFiles {
    /** What drivers of the common makers call their devices: the first of these that there are any of. */
    private static final List<Named> DEVICES = List.of(new Named("dev", "nvidia"), new Named("dev/dri", "renderD"));

    private record Named(String folder, String stem) {}

    private final Path root;

    /**
     * The devices of a machine.
     *
     * @param root where {@code /dev} and {@code /run} are: {@code /}, save in tests
     */
    GpuFiles(Path root) {
        this.root = root;
    }

    /**
     * Makes all names; the first ones of the kind lead to its devices.
     *
     * @throws IOException where the machine has fewer devices than that
     */
    void make(GpuKind kind, int gpus) throws IOException {
        List<Path> devices = gpus == 0 ? List.of() : devices();
        if (devices.size() < gpus) {
            throw new IOException("the lease has " + gpus + " GPUs, and this machine has " + devices.size()
                    + " of the devices /dev/nvidia0 or /dev/dri/renderD128 and the following");
        }
        for (GpuKind each : GpuNames.kinds()) {
            for (int number = 0; number < GpuNames.most(); number++) {
                Path file = root.resolve(GpuNames.file(each).substring(1) + number);
                Files.createDirectories(file.resolveSibling(""));
                Files.deleteIfExists(file);
                if (each == kind && number < gpus) {
                    Files.createSymbolicLink(file, devices.get(number));
                } else {
                    Files.createFile(file);
                }
            }
        }
    }

    private List<Path> devices() throws IOException {
        for (Named named : DEVICES) {
            List<Path> devices = devices(root.resolve(named.folder()), named.stem());
            if (!devices.isEmpty()) {
                return devices;
            }
        }
        return List.of();
    }

    /** In the order of their numbers, which is the one in which the driver counts them. */
    private static List<Path> devices(Path folder, String stem) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> devices = new ArrayList<>();
        try (var files = Files.newDirectoryStream(folder, stem + "[0-9]*")) {
            for (Path file : files) {
                if (number(file, stem) >= 0) {
                    devices.add(file);
                }
            }
        }
        devices.sort(Comparator.comparingInt(file -> number(file, stem)));
        return devices;
    }

    private static int number(Path file, String stem) {
        String digits = file.getFileName().toString().substring(stem.length());
        return digits.matches("[0-9]{1,4}") ? Integer.parseInt(digits) : -1;
    }
}
