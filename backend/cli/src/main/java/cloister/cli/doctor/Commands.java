package cloister.cli.doctor;

import java.util.List;

/** Programs of this machine. */
interface Commands {
    /** How a program ended. */
    record Output(int code, String out, String err) {}

    /**
     * Runs a program, never through a shell, and waits for its end.
     *
     * @return how it ended, with whatever exit code; unseen if it can't be started, takes too long or says too much
     */
    Known<Output> run(List<String> command);
}
