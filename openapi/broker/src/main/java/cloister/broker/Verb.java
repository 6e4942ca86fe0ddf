package cloister.broker;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a CVM may ask the broker for, how often, and with which body. The rates are each project's own; they bound what a
 * project could tell the backend between the lines: {@link LeakBudget}.
 */
public enum Verb {
    /** Asks for the lease with the project's next number; the same again is a repeat. */
    PUT_LEASE("PUT", "/broker/v1/leases/{n}", LeaseRequest.class, 720, 120),
    /** Gives a lease back. */
    DELETE_LEASE("DELETE", "/broker/v1/leases/{n}", null, 720, 120),
    /** Extends a lease. */
    PUT_TERM("PUT", "/broker/v1/leases/{n}/term", TermRequest.class, 120, 20),
    /** Gives one worker of a lease back. */
    DELETE_WORKER("DELETE", "/broker/v1/leases/{n}/workers/{k}", null, 720, 120),
    /** Says what a worker used. */
    POST_USAGE("POST", "/broker/v1/leases/{n}/usage", UsageReport.class, 720, 120),
    /** Waits for changes of the project's leases. */
    GET_LEASES("GET", "/broker/v1/leases", null, 3600, 120),
    /** Asks what may be asked for. */
    GET_LIMITS("GET", "/broker/v1/limits", null, 720, 60),
    /** Asks who may work in the CVM. */
    GET_MEMBERS("GET", "/broker/v1/members", null, 720, 60);

    private static final int LONGEST_BODY_BYTES = 4 * 1024;
    private static final int LONGEST_WAIT_SECONDS = 30;

    private final String method;
    private final String path;
    private final @Nullable Class<? extends Upward> body;
    private final int perHour;
    private final int burst;

    Verb(String method, String path, @Nullable Class<? extends Upward> body, int perHour, int burst) {
        this.method = method;
        this.path = path;
        this.body = body;
        this.perHour = perHour;
        this.burst = burst;
    }

    /** The HTTP method. */
    public String method() {
        return method;
    }

    /** The path; {@code {n}} is the number of a lease, {@code {k}} that of a worker within it. */
    public String path() {
        return path;
    }

    /** Type of the body, for verbs that have one. */
    public Optional<Class<? extends Upward>> body() {
        return Optional.ofNullable(body);
    }

    /** How many of these a project may send per hour in the long run; more are answered with 429. */
    public int perHour() {
        return perHour;
    }

    /** How many it may send at once after a pause. */
    public int burst() {
        return burst;
    }

    /** A longer body is refused with 413 before it is parsed. */
    public static int longestBodyBytes() {
        return LONGEST_BODY_BYTES;
    }

    /** The largest {@code wait} of {@link #GET_LEASES}. */
    public static int longestWaitSeconds() {
        return LONGEST_WAIT_SECONDS;
    }
}
