package cloister.broker;

/** Where a lease is, as its CVM sees it. */
public enum LeaseState {
    /** Recorded; the cluster's queue has it, or is about to. */
    QUEUED,
    /** Hosts are chosen and its workers are being started. */
    STARTING,
    /** Every worker said hello and the placeholder runs. */
    RUNNING,
    /** Its workers are being taken away. */
    ENDING,
    /** Nothing of it is left. */
    ENDED
}
