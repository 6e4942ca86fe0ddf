package cloister.backend.machine;

/** A host answered, and the answer was no. */
final class Rejected extends Exception {
    private static final long serialVersionUID = 1L;

    Rejected(String why) {
        super(why);
    }
}
