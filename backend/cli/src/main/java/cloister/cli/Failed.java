package cloister.cli;

/** The command can't be done; the message says why and what to do, on one line. */
final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failed(String message) {
        super(message, null, false, false);
    }
}
