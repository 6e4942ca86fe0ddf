package cloister.control;

/** A frame arrived whole but holds no message of ours. Its text is never repeated: it may hold a secret. */
final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String why) {
        super(why);
    }
}
