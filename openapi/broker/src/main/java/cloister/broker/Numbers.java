package cloister.broker;

/** Bounds that hold for every site; {@link Limits} narrows them. */
public final class Numbers {
    /** Project, lease, worker and member numbers are below 2³¹: Slurm's comment and file names carry them. */
    private static final int LARGEST_ID = Integer.MAX_VALUE;

    private static final int MEMORY_STEP_MIB = 256;
    private static final int SCRATCH_STEP_MIB = 256;
    private static final int TERM_STEP_MINUTES = 5;

    private Numbers() {}

    /** Memory of a worker is asked in steps of this many MiB. */
    public static int memoryStepMiB() {
        return MEMORY_STEP_MIB;
    }

    /** Scratch of a worker is asked in steps of this many MiB. */
    public static int scratchStepMiB() {
        return SCRATCH_STEP_MIB;
    }

    /** Terms are asked in steps of this many minutes. */
    public static int termStepMinutes() {
        return TERM_STEP_MINUTES;
    }

    static int id(String field, int value) {
        return within(field, value, 1, LARGEST_ID);
    }

    static int within(String field, int value, int least, int most) {
        if (value < least || value > most) {
            throw new OutOfBounds(field, "between " + least + " and " + most);
        }
        return value;
    }

    static long within(String field, long value, long least, long most) {
        if (value < least || value > most) {
            throw new OutOfBounds(field, "between " + least + " and " + most);
        }
        return value;
    }

    static int step(String field, int value, int least, int most, int step) {
        within(field, value, least, most);
        if (value % step != 0) {
            throw new OutOfBounds(field, "a multiple of " + step);
        }
        return value;
    }
}
