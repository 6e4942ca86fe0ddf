package cloister.guest;

import java.io.IOException;

/** A command didn't do what it was run for; the message has its name and the first line of what it said about that. */
public final class CommandFailed extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_REASON = 200;

    CommandFailed(Command command, String what) {
        super(command.arguments().getFirst() + " " + what);
    }

    static CommandFailed ended(Command command, int exit, String error) {
        String said = error.lines().filter(line -> !line.isBlank()).findFirst().orElse("it said nothing");
        String printable = said.replaceAll("[^ -~]", "?");
        return new CommandFailed(
                command,
                "ended with exit " + exit + ": "
                        + printable.substring(0, Math.min(LONGEST_REASON, printable.length())));
    }
}
