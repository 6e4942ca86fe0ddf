package cloister.bridge.slurm;

import java.io.Serial;

/** Slurm said something about a placeholder that we cannot build on; it becomes an Unknown. */
final class Unclear extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    private final String what;

    Unclear(String what) {
        super(what);
        this.what = what;
    }

    String what() {
        return what;
    }
}
