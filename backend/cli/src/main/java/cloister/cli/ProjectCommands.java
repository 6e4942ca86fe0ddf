package cloister.cli;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** Projects. */
@Command(
        name = "project",
        description = "Projects.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class ProjectCommands {
    private static final String[] POLICY = {
        "project", "spread", "idleSeconds", "isolation", "warmWorkers", "dayCpuMin", "removal"
    };

    @CommandLine.ParentCommand
    private CloisterMain main = new CloisterMain();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Who shares a worker. */
    enum Isolation {
        project,
        user,
        job;

        String code() {
            return name().toUpperCase(Locale.ROOT);
        }
    }

    @Command(name = "create", description = "Makes a project and prints its number.", mixinStandardHelpOptions = true)
    void create(
            @Option(names = "--spread", description = "Each worker of a lease on a host of its own.") boolean spread,
            @Option(
                            names = "--idle-seconds",
                            paramLabel = "N",
                            defaultValue = "300",
                            description = "How long idle workers are kept (${DEFAULT-VALUE}).")
                    int idleSeconds,
            @Option(
                            names = "--isolation",
                            paramLabel = "WHO",
                            defaultValue = "project",
                            description = "Who shares a worker: ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
                    Isolation isolation,
            @Option(
                            names = "--warm",
                            paramLabel = "N",
                            defaultValue = "0",
                            description =
                                    "Idle workers kept at the least, with --isolation project (${DEFAULT-VALUE}).")
                    int warm,
            @Option(
                            names = "--day-cpu-minutes",
                            paramLabel = "N",
                            defaultValue = "0",
                            description =
                                    "CPU minutes that the project may spend from 00:00 UTC to 24:00; 0 for no limit.")
                    int dayCpuMin) {
        JsonNode made = main.ask(
                spec,
                "project.create",
                Map.of(
                        "spread",
                        spread,
                        "idleSeconds",
                        idleSeconds,
                        "isolation",
                        isolation.code(),
                        "warmWorkers",
                        warm,
                        "dayCpuMin",
                        dayCpuMin));
        main.line(spec, made.path("project"));
    }

    @Command(
            name = "set",
            description = {
                "Changes the policies that are named, and shows all; the CVM hears of it within a minute.",
                "--isolation is refused while the project has a CVM."
            },
            mixinStandardHelpOptions = true)
    void set(
            @Parameters(paramLabel = "PROJECT") int project,
            @Option(names = "--spread", paramLabel = "true|false", arity = "1") @Nullable Boolean spread,
            @Option(names = "--idle-seconds", paramLabel = "N") @Nullable Integer idleSeconds,
            @Option(names = "--isolation", paramLabel = "WHO", description = "${COMPLETION-CANDIDATES}") @Nullable
                    Isolation isolation,
            @Option(names = "--warm", paramLabel = "N") @Nullable Integer warm,
            @Option(names = "--day-cpu-minutes", paramLabel = "N") @Nullable Integer dayCpuMin) {
        Map<String, @Nullable Object> args = new HashMap<>();
        args.put("project", project);
        args.put("spread", spread);
        args.put("idleSeconds", idleSeconds);
        args.put("isolation", isolation == null ? null : isolation.code());
        args.put("warmWorkers", warm);
        args.put("dayCpuMin", dayCpuMin);
        main.table(spec, CloisterMain.array(main.ask(spec, "project.set", args)), POLICY);
    }

    @Command(name = "list", description = "Lists the projects.", mixinStandardHelpOptions = true)
    void list() {
        main.table(spec, main.ask(spec, "project.list", Map.of()).path("projects"), POLICY);
    }

    @Command(name = "show", description = "Shows a project.", mixinStandardHelpOptions = true)
    void show(@Parameters(paramLabel = "PROJECT") int project) {
        JsonNode shown = main.ask(spec, "project.show", Map.of("project", project));
        main.table(spec, CloisterMain.array(shown), POLICY);
        main.table(spec, CloisterMain.array(shown.path("cvm")), "state", "host", "address", "why");
        main.table(spec, shown.path("members"), "member", "login", "uid");
    }

    @Command(
            name = "remove",
            description = {
                "Removes a project with its CVM, drive, addresses and account, and tells each step; for good.",
                "It goes on when this command is interrupted or the backend restarts. What was charged stays."
            },
            mixinStandardHelpOptions = true)
    void remove(
            @Parameters(paramLabel = "PROJECT") int project,
            @Option(names = "--drain", description = "End the leases that live, instead of refusing.") boolean drain) {
        JsonNode gone = main.ask(spec, "project.remove", Map.of("project", project, "drain", drain));
        main.line(spec, gone.path("removal"));
    }
}
