package cloister.backend.project;

/** How far the removal of a project or of a member is. There is no way back. */
public enum Removal {
    /** Nobody wants it removed. */
    NONE,
    /** It gets no new lease; what it has is being ended. */
    DRAINING,
    /** Nothing of it runs any more; its account in the site's accounting goes. Members have no such state. */
    CLOSING,
    /** It is gone. What it was charged stays. */
    REMOVED
}
