package cloister.control;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What a worker answers. The member {@code answer} says which. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "answer")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Answer.Certified.class, name = "csr"),
    @JsonSubTypes.Type(value = Answer.Accepted.class, name = "accepted"),
    @JsonSubTypes.Type(value = Answer.Stands.class, name = "status"),
    @JsonSubTypes.Type(value = Answer.Used.class, name = "usage"),
    @JsonSubTypes.Type(value = Answer.Refused.class, name = "refused")
})
public sealed interface Answer {
    /**
     * To {@link Request.Csr}.
     *
     * @param pkcs10 base64 of the DER certificate request
     */
    record Certified(String pkcs10) implements Answer {
        private static final int LONGEST = 8 * 1024;

        /** Refuses what is out of bounds. */
        public Certified {
            Bounds.within("length of pkcs10", pkcs10.length(), 1, LONGEST);
        }
    }

    /** To {@link Request.Admit}, {@link Request.Extend} and {@link Request.Leave}: it is being done. */
    record Accepted() implements Answer {}

    /**
     * To {@link Request.Status}.
     *
     * @param status how far it is
     */
    record Stands(Status status) implements Answer {}

    /**
     * To {@link Request.Usage}.
     *
     * @param usage what it has used
     */
    record Used(Usage usage) implements Answer {}

    /**
     * To anything: nothing was changed.
     *
     * @param code why
     */
    record Refused(RefusalCode code) implements Answer {}
}
