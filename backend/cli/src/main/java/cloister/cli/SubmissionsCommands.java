package cloister.cli;

import java.time.Instant;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** Whether leases are submitted to the global Slurm. */
@Command(
        name = "submissions",
        description = "Whether leases are submitted to the global Slurm.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class SubmissionsCommands {
    @CommandLine.ParentCommand
    private CloisterMain main = new CloisterMain();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Command(
            name = "pause",
            description = {
                "Lets no lease be submitted until it is resumed, also after a restart of the backend.",
                "New leases wait and say so; what runs or waits in Slurm goes on."
            },
            mixinStandardHelpOptions = true)
    void pause() {
        say("submissions.pause");
    }

    @Command(name = "resume", description = "Lets leases be submitted again.", mixinStandardHelpOptions = true)
    void resume() {
        say("submissions.resume");
    }

    @Command(name = "show", description = "Shows whether leases are submitted.", mixinStandardHelpOptions = true)
    void show() {
        say("submissions.show");
    }

    private void say(String verb) {
        JsonNode shown = main.ask(spec, verb, Map.of());
        if (!main.json()) {
            spec.commandLine().getOut().println(text(shown));
        }
    }

    private static String text(JsonNode shown) {
        return switch (shown.path("submissions").asString("")) {
            case "PAUSED" ->
                "paused by an operator since " + time(shown.path("since")) + ": `cloister submissions resume` ends it";
            case "BROKEN" ->
                "broken off until " + time(shown.path("until"))
                        + ": too many leases in a row did not start; see the workers' console logs";
            default -> "on";
        };
    }

    private static Instant time(JsonNode seconds) {
        return Instant.ofEpochSecond(seconds.asLong());
    }

    /** Says beside another answer why leases wait, if they do. */
    static void warn(CommandSpec command, JsonNode shown) {
        String text = text(shown);
        if (!text.equals("on")) {
            command.commandLine().getErr().println("submissions: " + text);
        }
    }
}
