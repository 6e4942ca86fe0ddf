package cloister.backend.lease;

import cloister.slurm.testing.GlobalSlurm;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** Which processor cores Slurm has, and which this process and the PostgreSQL that it started. */
enum Cores {
    /** Everybody may use all. */
    SHARED("Slurm, backend and PostgreSQL on the same cores"),
    /** What one takes is not missing to the other, as on machines of their own. */
    APART("Slurm on half of the cores, backend and PostgreSQL or the raw client on the other half");

    /** Asked once: it is fewer as soon as we gave some away. */
    private static final int ALL = Runtime.getRuntime().availableProcessors();

    private final String words;

    Cores(String words) {
        this.words = words;
    }

    /** Those that this machine can give. */
    static List<Cores> here() {
        return ALL < 2 ? List.of(SHARED) : List.of(values());
    }

    void give(GlobalSlurm slurm) throws IOException, InterruptedException {
        slurm.cores("0-" + ((this == SHARED ? ALL : ALL / 2) - 1));
        String ours = (this == SHARED ? 0 : ALL / 2) + "-" + (ALL - 1);
        List<ProcessHandle> processes = Stream.concat(
                        Stream.of(ProcessHandle.current()),
                        ProcessHandle.current().descendants())
                .toList();
        for (ProcessHandle process : processes) {
            List<String> command = List.of("taskset", "-a", "-p", "-c", ours, String.valueOf(process.pid()));
            Process taskset = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            // One of PostgreSQL's may have ended meanwhile; we ourselves have not.
            if (taskset.waitFor() != 0 && process.equals(ProcessHandle.current())) {
                throw new IOException(command + " exited with " + taskset.exitValue());
            }
        }
    }

    @Override
    public String toString() {
        return words;
    }
}
