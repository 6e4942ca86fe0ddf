package cloister.backend.lease;

import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.Limits;
import cloister.broker.UsageReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The leases of the site. Whatever is asked here is stored when the method returns, and done by the loop. */
public interface Leases {
    /** What became of a wish. */
    sealed interface Put {
        /** It is stored, now or by an earlier call with the same body. */
        record Recorded() implements Put {}

        /** The number is another wish's. */
        record Conflict() implements Put {}

        /**
         * The number is not the next one.
         *
         * @param next the next one
         */
        record OutOfStep(int next) implements Put {}

        /**
         * No lease of this project may be so.
         *
         * @param field which number it is
         */
        record BeyondLimits(String field) implements Put {}

        /** The project is being removed. */
        record Closed() implements Put {}
    }

    /** What became of an extension. */
    enum Extension {
        /** It is stored. */
        EXTENDED,
        /** There is no such lease. */
        UNKNOWN,
        /** Its placeholder was submitted, and the cluster's limit can't be raised. */
        TOO_LATE,
        /** Shorter than before, longer than any, or beyond what the project may spend in a day. */
        BEYOND_LIMITS
    }

    /**
     * What keeps leases from being submitted, if anything does.
     *
     * @param pausedSince since when the operators let nothing be submitted
     * @param brokenUntil until when nothing is submitted because too many leases in a row did not start
     */
    record Submissions(Optional<Instant> pausedSince, Optional<Instant> brokenUntil) {}

    /** Records the wish for lease {@code n}. */
    Put put(int project, int n, LeaseRequest wish);

    /** Has the lease ended, in any state; false where there is none. */
    boolean release(int project, int n);

    /** Has the lease ended for the site's operator; false where there is none. */
    boolean cancel(int project, int n);

    /** Has one worker taken away; false where there is none. */
    boolean releaseWorker(int project, int n, int k);

    /** Sets another term. */
    Extension extend(int project, int n, int termMin);

    /** Notes what a worker used, by the CVM's word; false where there is no such lease or worker. */
    boolean report(int project, int n, UsageReport report);

    /**
     * Waits until something changed after {@code since}, at most {@code wait}; empty where {@code since} was never given out.
     */
    Optional<LeaseList> changes(int project, long since, Duration wait) throws InterruptedException;

    /** What the project may ask for. */
    Limits limits(int project);

    /** For the operator: whether anything is submitted. */
    Submissions submissions();

    /**
     * For the operator: lets nothing be submitted until {@link #resumeSubmissions}, whatever is restarted in between. What is on
     * its way to Slurm at that moment arrives; leases that run go on.
     */
    void pauseSubmissions();

    /** For the operator: the end of a pause. */
    void resumeSubmissions();

    /** For the operator: the leases of one project, or of all, the live ones and the latest that ended. */
    List<LeaseReport> list(OptionalInt project);
}
