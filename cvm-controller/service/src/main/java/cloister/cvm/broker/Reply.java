package cloister.cvm.broker;

/**
 * What became of a request to the broker.
 *
 * @param <T> what a good answer holds
 */
public sealed interface Reply<T> {
    /** A good answer. */
    record Known<T>(T value) implements Reply<T> {}

    /**
     * The broker refused, and changed nothing.
     *
     * @param status the HTTP status, 400 to 499
     */
    record Refused<T>(int status) implements Reply<T> {}

    /**
     * Nobody knows whether the request arrived or what came of it: it is asked again in the same words.
     *
     * @param why for a log line; it names neither addresses nor contents
     */
    record Unknown<T>(String why) implements Reply<T> {}
}
