package cloister.cli;

import cloister.cli.doctor.SlurmDoctor;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Looks at a live installation; works without the backend. */
@Command(
        name = "doctor",
        description = "Looks at a live installation and says what is wrong, with the remedy.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class DoctorCommands {
    @CommandLine.ParentCommand
    private CloisterMain main = new CloisterMain();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Command(
            name = "slurm",
            description = {
                "Looks at the global Slurm, as root on the backend's machine.",
                "Exit code 0 all is well, 1 something is wrong, 2 something could not be looked at."
            },
            mixinStandardHelpOptions = true)
    int slurm(
            @Option(
                            names = "--print",
                            description = "Print the lines that slurm.conf and the files beside it should have.")
                    boolean print,
            @Option(
                            names = "--slurm-folder",
                            paramLabel = "PATH",
                            defaultValue = "/etc/slurm",
                            description = "The folder of slurm.conf (${DEFAULT-VALUE}).")
                    Path folder,
            @Option(
                            names = "--backend-config",
                            paramLabel = "PATH",
                            defaultValue = "/etc/cloister/backend.yaml",
                            description = "The backend's configuration (${DEFAULT-VALUE}).")
                    Path backendConfig) {
        SlurmDoctor doctor = SlurmDoctor.here(folder, backendConfig);
        PrintWriter out = spec.commandLine().getOut();
        if (print) {
            doctor.print(out);
            return 0;
        }
        return doctor.look(out, spec.commandLine().getErr(), main.json());
    }
}
