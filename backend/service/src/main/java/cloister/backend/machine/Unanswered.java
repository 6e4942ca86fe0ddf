package cloister.backend.machine;

/** A host gave no answer in time, or the connection broke: the call may have been carried out or not. Ask again. */
final class Unanswered extends Exception {
    private static final long serialVersionUID = 1L;

    Unanswered(String why) {
        super(why);
    }
}
