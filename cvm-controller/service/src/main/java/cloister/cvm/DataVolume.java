package cloister.cvm;

import cloister.guest.Command;
import cloister.guest.Commands;
import java.io.IOException;
import java.time.Duration;

/** The CVM's drive. Its key is its owner's; here it is held while it is used, and no longer. */
final class DataVolume {
    private static final String PROGRAM = "/usr/lib/cloister/data-volume";
    private static final int ANOTHER_KEY = 3;

    private final Commands commands;
    private final Duration limit;

    /**
     * The drive of this machine.
     *
     * @param limit for each thing done with it; making its file system takes longest
     */
    DataVolume(Commands commands, Duration limit) {
        this.commands = commands;
        this.limit = limit;
    }

    /** What is known of the drive without its key. */
    enum State {
        /** It is in use. */
        OPEN,
        /** It is some project's, and waits for its key. */
        LOCKED,
        /** Nobody has ever used it. */
        BLANK
    }

    /** What became of a key. */
    enum Answer {
        OPENED("opened"),
        WRONG_KEY("wrong-key"),
        IS_BLANK("blank"),
        IS_NOT_BLANK("not-blank"),
        FAILED("failed");

        private final String word;

        Answer(String word) {
            this.word = word;
        }

        /** For {@code /usr/lib/cloister/unlock}. */
        String word() {
            return word;
        }
    }

    State state() throws IOException, InterruptedException {
        String said =
                commands.checked(Command.of(PROGRAM, "state").within(limit)).strip();
        return switch (said) {
            case "open" -> State.OPEN;
            case "locked" -> State.LOCKED;
            case "blank" -> State.BLANK;
            default -> throw new IOException("the drive is in no state that is known");
        };
    }

    /** Sees to it that an open drive is where it belongs, as after a restart of the controller. */
    void settle() throws IOException, InterruptedException {
        commands.checked(Command.of(PROGRAM, "open").within(limit));
    }

    /** Opens the drive that there is. */
    Answer open(byte[] key) throws IOException, InterruptedException {
        return state() == State.BLANK ? Answer.IS_BLANK : use("open", key);
    }

    /** Makes the drive of a new project. */
    Answer make(byte[] key) throws IOException, InterruptedException {
        return state() == State.BLANK ? use("make", key) : Answer.IS_NOT_BLANK;
    }

    private Answer use(String verb, byte[] key) throws IOException, InterruptedException {
        Commands.Outcome outcome =
                commands.run(Command.of(PROGRAM, verb).reading(key).within(limit));
        if (!(outcome instanceof Commands.Outcome.Finished(int exit, var _, String error))) {
            Log.say("the drive does not open in time");
            return Answer.FAILED;
        }
        if (exit == 0) {
            return Answer.OPENED;
        }
        if (exit == ANOTHER_KEY) {
            return Answer.WRONG_KEY;
        }
        Log.say("the drive does not open: " + error.strip());
        return Answer.FAILED;
    }
}
