package cloister.control;

/** The worker understood and refused: the same request will be refused again, save for {@link RefusalCode#BUSY}. */
public final class Rejected extends Exception {
    private static final long serialVersionUID = 1L;
    private final RefusalCode code;

    Rejected(RefusalCode code) {
        super("the worker refused: " + code);
        this.code = code;
    }

    public RefusalCode code() {
        return code;
    }
}
