package cloister.cli.doctor;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;

/** The door of this room: looks at the global Slurm of this machine. */
public final class SlurmDoctor {
    /** It could not look. */
    public static final int BLIND = 2;

    private final Gather gather;
    private final boolean root;

    SlurmDoctor(Gather gather, boolean root) {
        this.gather = gather;
        this.root = root;
    }

    /**
     * For this machine.
     *
     * @param folder of slurm.conf
     * @param backendFile the backend's configuration
     */
    public static SlurmDoctor here(Path folder, Path backendFile) {
        return new SlurmDoctor(
                new Gather(new Processes(), new LocalDisk(), InstantSource.system(), folder, backendFile), isRoot());
    }

    private static boolean isRoot() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid && uid == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Prints what was found.
     *
     * @return 0 all is well, 1 something is wrong, 2 something could not be looked at
     */
    public int look(PrintWriter out, PrintWriter err, boolean json) {
        if (!root) {
            err.println("cloister: only root can look at all of it: run this as root on the backend's machine");
            return BLIND;
        }
        List<Finding> findings = findings();
        if (json) {
            out.println(Printout.json(findings));
        } else {
            out.print(Printout.text(findings));
            out.flush();
        }
        return Printout.code(findings);
    }

    List<Finding> findings() {
        Facts facts = gather.facts();
        return Arrays.stream(Item.values()).map(item -> item.on(facts)).toList();
    }

    /** Prints the lines that the administrator's files should have. */
    public void print(PrintWriter out) {
        out.print(Lines.of(gather.facts()));
        out.flush();
    }
}
