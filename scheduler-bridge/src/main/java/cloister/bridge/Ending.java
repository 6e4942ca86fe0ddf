package cloister.bridge;

/** What came of asking for a placeholder's end. */
public sealed interface Ending {
    /** Slurm took the request; {@link Placeholders#observe} tells when it is over. */
    record Ended() implements Ending {}

    /** There was nothing left to end: no such job, one that is over, or another job under its id. */
    record AlreadyGone() implements Ending {}

    /**
     * The request may or may not have been taken, or comes at a time when Slurm cannot take it. Asking again is harmless.
     *
     * @param why for the log
     */
    record Unknown(String why) implements Ending {}
}
