package cloister.broker;

/** What a booting guest is to become. */
public enum GuestKind {
    /** A project's controlling VM. */
    CVM,
    /** A worker of a lease. */
    WORKER
}
