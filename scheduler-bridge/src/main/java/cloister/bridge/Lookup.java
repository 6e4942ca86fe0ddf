package cloister.bridge;

/** What came of looking for one placeholder. */
public sealed interface Lookup {
    /**
     * It is there.
     *
     * @param placeholder as Slurm knows it
     */
    record Found(Placeholder placeholder) implements Lookup {}

    /** Slurm answered, and has no such placeholder. */
    record Absent() implements Lookup {}

    /**
     * Slurm did not answer in a way to build on.
     *
     * @param why for the log
     */
    record Unknown(String why) implements Lookup {}
}
