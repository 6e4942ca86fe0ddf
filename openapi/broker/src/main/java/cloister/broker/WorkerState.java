package cloister.broker;

/** Where a worker of a lease is, as its CVM sees it. */
public enum WorkerState {
    /** Not yet heard of. */
    STARTING,
    /** It said hello: its address and key are known, it can be joined. */
    READY,
    /** Nothing of it is left. */
    GONE
}
