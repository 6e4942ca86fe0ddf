package cloister.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** {@code cloister}: exit code 0 done, 1 refused or failed with one line that says why, 2 not a command. */
@Command(
        name = "cloister",
        description = "Commands of the site's operators, to the backend on this machine.",
        mixinStandardHelpOptions = true,
        subcommands = {
            CloisterMain.HostCommands.class,
            ProjectCommands.class,
            CloisterMain.MemberCommands.class,
            CloisterMain.CvmCommands.class,
            CloisterMain.LeaseCommands.class,
            SubmissionsCommands.class,
            DoctorCommands.class,
            UsageCommand.class
        })
public final class CloisterMain {
    /** A member's keys are a few lines. */
    private static final int MOST_KEY_LINES = 32;

    @Option(
            names = "--socket",
            scope = ScopeType.INHERIT,
            description = "The backend's socket.",
            defaultValue = "/run/cloister/backend.sock")
    private Path socket = Path.of("/run/cloister/backend.sock");

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print the answer as JSON.")
    private boolean json;

    /** Runs one command and exits. */
    public static void main(String[] args) {
        System.exit(run(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                args));
    }

    static int run(PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new CloisterMain())
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((failure, line, result) -> {
                    if (failure instanceof Failed) {
                        line.getErr().println("cloister: " + failure.getMessage());
                        return 1;
                    }
                    throw failure;
                })
                .execute(args);
    }

    boolean json() {
        return json;
    }

    JsonNode ask(CommandSpec command, String verb, Map<String, ? extends @Nullable Object> args) {
        JsonNode result = Backend.ask(socket, verb, args, command.commandLine().getErr());
        if (json) {
            command.commandLine().getOut().println(result);
        }
        return result;
    }

    void table(CommandSpec command, JsonNode rows, String... columns) {
        if (!json) {
            Table.print(command.commandLine().getOut(), rows, List.of(columns));
        }
    }

    void line(CommandSpec command, JsonNode value) {
        if (!json) {
            command.commandLine().getOut().println(value.asString());
        }
    }

    /** Hosts. */
    @Command(
            name = "host",
            description = "VM hosts.",
            mixinStandardHelpOptions = true,
            synopsisSubcommandLabel = "COMMAND")
    static final class HostCommands {
        @CommandLine.ParentCommand
        private CloisterMain main = new CloisterMain();

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Command(name = "add", description = "Names a VM host, as Slurm calls it.", mixinStandardHelpOptions = true)
        void add(
                @Parameters(paramLabel = "NAME") String name,
                @Option(names = "--service", description = "CVMs may live on it.") boolean service) {
            JsonNode added = main.ask(spec, "host.add", Map.of("name", name, "service", service));
            main.line(spec, added.path("name"));
        }

        @Command(name = "list", description = "Lists the VM hosts.", mixinStandardHelpOptions = true)
        void list() {
            main.table(spec, main.ask(spec, "host.list", Map.of()).path("hosts"), "name", "service");
        }
    }

    static JsonNode array(JsonNode node) {
        return JsonNodeFactory.instance.arrayNode().add(node);
    }

    /** Members. */
    @Command(
            name = "member",
            description = "Members of projects.",
            mixinStandardHelpOptions = true,
            synopsisSubcommandLabel = "COMMAND")
    static final class MemberCommands {
        @CommandLine.ParentCommand
        private CloisterMain main = new CloisterMain();

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Command(
                name = "add",
                description =
                        "Adds a member, whose public keys are read from standard input, and prints the member's number.",
                mixinStandardHelpOptions = true)
        void add(
                @Parameters(paramLabel = "PROJECT") int project,
                @Parameters(paramLabel = "LOGIN") String login,
                @Option(names = "--uid", required = true, paramLabel = "N") int uid) {
            JsonNode added = main.ask(
                    spec, "member.add", Map.of("project", project, "login", login, "uid", uid, "keys", keys()));
            main.line(spec, added.path("member"));
        }

        @Command(
                name = "remove",
                description = {
                    "Removes a member: keys at once, the wckey once no lease of the member lives.",
                    "Files in the CVM stay, with their owner's number."
                },
                mixinStandardHelpOptions = true)
        void remove(
                @Parameters(paramLabel = "PROJECT") int project,
                @Parameters(paramLabel = "MEMBER", description = "The number, as `project show` has it.") int member,
                @Option(names = "--drain", description = "End the member's leases that live, instead of refusing.")
                        boolean drain) {
            JsonNode gone =
                    main.ask(spec, "member.remove", Map.of("project", project, "member", member, "drain", drain));
            main.line(spec, gone.path("removal"));
        }

        private static List<String> keys() {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                List<String> keys = lines.lines()
                        .filter(line -> !line.isBlank())
                        .limit(MOST_KEY_LINES + 1L)
                        .toList();
                if (keys.size() > MOST_KEY_LINES) {
                    throw new Failed("more than " + MOST_KEY_LINES + " lines of keys on standard input");
                }
                return keys;
            } catch (IOException e) {
                throw new Failed("standard input can't be read: " + e.getMessage());
            }
        }
    }

    /** CVMs. */
    @Command(
            name = "cvm",
            description = "The controlling VMs of projects.",
            mixinStandardHelpOptions = true,
            synopsisSubcommandLabel = "COMMAND")
    static final class CvmCommands {
        @CommandLine.ParentCommand
        private CloisterMain main = new CloisterMain();

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Command(
                name = "start",
                description =
                        "Starts a project's CVM, waits for its hello and prints its address. Its owner then gives it"
                                + " the key of its drive.",
                mixinStandardHelpOptions = true)
        void start(
                @Parameters(paramLabel = "PROJECT") int project,
                @Option(
                                names = "--host",
                                paramLabel = "HOST",
                                description = "Where: the pool of that host must hold the drive, if the project has"
                                        + " one. Without it, where the drive is.")
                        @Nullable
                        String host) {
            Map<String, @Nullable Object> asked = new HashMap<>();
            asked.put("project", project);
            asked.put("host", host);
            JsonNode up = main.ask(spec, "cvm.start", asked);
            main.line(spec, up.path("address"));
        }

        @Command(
                name = "stop",
                description = "Ends a project's CVM and keeps its drive. What its workers run goes on until the end of"
                        + " their leases.",
                mixinStandardHelpOptions = true)
        void stop(
                @Parameters(paramLabel = "PROJECT") int project,
                @Option(
                                names = "--host-is-off",
                                description = "Its host does not answer, and you have turned it off: a CVM that still"
                                        + " ran there would write to a drive that another one uses.")
                        boolean hostIsOff) {
            JsonNode off = main.ask(spec, "cvm.stop", Map.of("project", project, "hostIsOff", hostIsOff));
            main.line(spec, off.path("state"));
        }

        @Command(
                name = "delete",
                description =
                        "Takes a project's CVM and its drive away, with homes, queue and keys, and ends its leases.",
                mixinStandardHelpOptions = true)
        void delete(
                @Parameters(paramLabel = "PROJECT") int project,
                @Option(names = "--erase", required = true, description = "Yes: nobody gets back what is on the drive.")
                        boolean erase) {
            JsonNode off = main.ask(spec, "cvm.delete", Map.of("project", project));
            main.line(spec, off.path("state"));
        }

        @Command(name = "show", description = "Shows where a project's CVM is.", mixinStandardHelpOptions = true)
        void show(@Parameters(paramLabel = "PROJECT") int project) {
            JsonNode cvm = main.ask(spec, "cvm.show", Map.of("project", project));
            main.table(spec, array(cvm), "state", "host", "address", "image", "drive", "sshHostKey", "why");
        }
    }

    /** Leases. */
    @Command(
            name = "lease",
            description = "Leases of projects.",
            mixinStandardHelpOptions = true,
            synopsisSubcommandLabel = "COMMAND")
    static final class LeaseCommands {
        @CommandLine.ParentCommand
        private CloisterMain main = new CloisterMain();

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Command(
                name = "list",
                description = "Lists leases: the live ones, then the latest.",
                mixinStandardHelpOptions = true)
        void list(@Parameters(paramLabel = "PROJECT", arity = "0..1") @Nullable Integer project) {
            Map<String, @Nullable Object> args = new HashMap<>();
            args.put("project", project);
            JsonNode answer = main.ask(spec, "lease.list", args);
            SubmissionsCommands.warn(spec, answer.path("submissions"));
            main.table(
                    spec,
                    answer.path("leases"),
                    "project",
                    "lease",
                    "state",
                    "job",
                    "attempt",
                    "workers",
                    "cpus",
                    "memMiB",
                    "hosts",
                    "why");
        }

        @Command(
                name = "cancel",
                description = "Ends a lease: its machines first, its placeholder last.",
                mixinStandardHelpOptions = true)
        void cancel(@Parameters(paramLabel = "PROJECT") int project, @Parameters(paramLabel = "LEASE") int lease) {
            JsonNode cancelled = main.ask(spec, "lease.cancel", Map.of("project", project, "lease", lease));
            main.line(spec, cancelled.path("lease"));
        }
    }
}
