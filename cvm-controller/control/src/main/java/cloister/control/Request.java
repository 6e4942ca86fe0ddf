package cloister.control;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What a CVM asks of a worker. The member {@code verb} says which. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "verb")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Request.Csr.class, name = "csr"),
    @JsonSubTypes.Type(value = Request.Admit.class, name = "join"),
    @JsonSubTypes.Type(value = Request.Extend.class, name = "extend"),
    @JsonSubTypes.Type(value = Request.Status.class, name = "status"),
    @JsonSubTypes.Type(value = Request.Usage.class, name = "usage"),
    @JsonSubTypes.Type(value = Request.Leave.class, name = "leave")
})
public sealed interface Request {
    /** For a certificate request over the worker's key. */
    record Csr() implements Request {}

    /**
     * To become part of the cluster. Answered at once; {@link Status} tells how far it is.
     *
     * @param join what with; the same again is no change
     */
    record Admit(Join join) implements Request {}

    /**
     * To end at another time.
     *
     * @param endsAt Unix seconds
     */
    record Extend(long endsAt) implements Request {
        /** Refuses what is no time in seconds. */
        public Extend {
            Join.checkEnd(endsAt);
        }
    }

    /** For how far it is. */
    record Status() implements Request {}

    /** For what it has used. */
    record Usage() implements Request {}

    /** To stop and power off. Answered before it does. */
    record Leave() implements Request {}
}
