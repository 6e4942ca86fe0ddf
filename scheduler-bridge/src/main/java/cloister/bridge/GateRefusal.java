package cloister.bridge;

import java.util.Locale;

/** Why a placeholder must not start. The word reaches the site's administrator through Slurm. */
public enum GateRefusal {
    /** No lease waits for this placeholder. */
    UNKNOWN_LEASE,
    /** A newer attempt has taken its place. */
    SUPERSEDED,
    /** The lease ended while it waited. */
    CANCELLED,
    /** A chosen host is not one of ours, or cannot be reached. */
    HOST,
    /** A worker could not be made. */
    WORKER_FAILED,
    /** The workers were not up in time. */
    TOO_LATE;

    /** The word in the answer: lower case letters and dashes. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
