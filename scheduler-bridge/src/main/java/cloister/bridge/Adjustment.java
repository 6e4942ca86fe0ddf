package cloister.bridge;

/** What came of asking Slurm to change a placeholder. */
public sealed interface Adjustment {
    /** It is as asked. */
    record Done() implements Adjustment {}

    /** There is no such placeholder to change any more. */
    record AlreadyGone() implements Adjustment {}

    /**
     * Our user may not do that in this Slurm: a longer limit takes {@code AdminLevel=Operator}.
     *
     * @param text Slurm's own words, at most 256 characters
     */
    record Denied(String text) implements Adjustment {}

    /**
     * It is not possible, however often it is asked.
     *
     * @param text Slurm's own words, at most 256 characters
     */
    record Refused(String text) implements Adjustment {}

    /**
     * It may or may not have been done. Asking again is harmless.
     *
     * @param why for the log
     */
    record Unknown(String why) implements Adjustment {}
}
