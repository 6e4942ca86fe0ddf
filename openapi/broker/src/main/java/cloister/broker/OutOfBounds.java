package cloister.broker;

/** A number outside what {@link Limits} publishes. The message names the field and its bounds, never the sender's value. */
public final class OutOfBounds extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    OutOfBounds(String field, String bounds) {
        super(field + " must be " + bounds);
    }
}
