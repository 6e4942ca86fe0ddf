package cloister.backend.lease;

import cloister.broker.ReasonCode;
import java.time.Instant;

/** What a lease comes to once nothing of its attempt is left. */
public sealed interface Verdict {
    /**
     * It is over.
     *
     * @param reason why
     */
    record Finish(ReasonCode reason) implements Verdict {}

    /**
     * It is tried again.
     *
     * @param notBefore after this moment
     */
    record Again(Instant notBefore) implements Verdict {}

    /** It is over, for the reason that the cluster will have recorded. */
    record AsTheClusterSays() implements Verdict {}
}
