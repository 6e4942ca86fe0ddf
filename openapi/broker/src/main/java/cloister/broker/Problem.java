package cloister.broker;

/**
 * Body of every answer of the broker with a status of 400 or above (RFC 9457's {@code title} and {@code detail}).
 *
 * @param status the HTTP status
 * @param title what went wrong, one of a fixed set of lines
 * @param detail what to do about it
 */
public record Problem(int status, String title, String detail) {}
