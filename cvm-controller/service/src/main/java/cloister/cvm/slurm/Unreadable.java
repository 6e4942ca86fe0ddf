package cloister.cvm.slurm;

/** An answer of the local Slurm that we do not understand. The message names a field, never a value. */
public final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreadable(String what) {
        super(what);
    }
}
