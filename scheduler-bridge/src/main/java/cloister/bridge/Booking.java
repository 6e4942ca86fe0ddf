package cloister.bridge;

/** What came of a change in the site's accounting. */
public sealed interface Booking {
    /** It is as wanted, now or since an earlier call. */
    record Done() implements Booking {}

    /**
     * Somebody else's thing stands in the place; nothing was changed. A person must decide.
     *
     * @param what stands there, at most 256 characters
     */
    record Foreign(String what) implements Booking {}

    /**
     * Slurm says no, and will say so again until a person does something: rights, a job that is over, a request too old for
     * this Slurm.
     *
     * @param why in Slurm's words or ours, at most 256 characters
     */
    record Refused(String why) implements Booking {}

    /**
     * No answer to build on. Asking again is harmless.
     *
     * @param why for the log
     */
    record Unknown(String why) implements Booking {}
}
