package cloister.guest;

import java.io.IOException;

/** Runs programs. */
@FunctionalInterface
public interface Commands {
    /** What became of a command. */
    sealed interface Outcome {
        /**
         * It ended by itself.
         *
         * @param exit its exit code
         * @param output what it printed, as UTF-8
         * @param error what it printed on its error stream, as UTF-8
         */
        record Finished(int exit, String output, String error) implements Outcome {}

        /** It took too long and was killed; what it did until then is unknown. */
        record TimedOut() implements Outcome {}

        /** It printed too much and was killed; what it did until then is unknown. */
        record TooMuch() implements Outcome {}
    }

    /**
     * Runs a command to its end or to its limit.
     *
     * @throws IOException where it can't be started
     * @throws InterruptedException after the command was killed
     */
    Outcome run(Command command) throws IOException, InterruptedException;

    /** What a command printed; a {@link CommandFailed} where it didn't end with 0 within its limits. */
    default String checked(Command command) throws IOException, InterruptedException {
        return switch (run(command)) {
            case Outcome.Finished(int exit, String output, String error) -> {
                if (exit != 0) {
                    throw CommandFailed.ended(command, exit, error);
                }
                yield output;
            }
            case Outcome.TimedOut() -> throw new CommandFailed(command, "took longer than " + command.limit());
            case Outcome.TooMuch() ->
                throw new CommandFailed(command, "printed more than " + command.mostOutput() + " bytes");
        };
    }

    /** Those of this machine. */
    static Commands ofThisMachine() {
        return new Processes();
    }
}
