package cloister.bridge;

/** What came of a submission. */
public sealed interface Submission {
    /**
     * It is in Slurm's hands.
     *
     * @param job its job id
     */
    record Placed(long job) implements Submission {}

    /**
     * It was not taken and never will be as it is.
     *
     * @param code why
     * @param text Slurm's own words, at most 256 characters
     */
    record Refused(Refusal code, String text) implements Submission {}

    /**
     * It may or may not have been taken: {@link Placeholders#find} tells once Slurm answers again. Also what a broken
     * connection or an expired token gives, since those end without our doing.
     *
     * @param why for the log
     */
    record Unknown(String why) implements Submission {}
}
