package cloister.control;

/** Why a worker changed nothing. */
public enum RefusalCode {
    /** Not a message, or a field is out of bounds. */
    MALFORMED,
    /** The worker must have joined first. */
    NOT_JOINED,
    /** The worker has joined as another machine; destroy it and take a new one. */
    JOINED_OTHERWISE,
    /** The join names another project, worker or CVM than the one that the boot line named. */
    NOT_THIS_WORKER,
    /** The worker is already leaving. */
    LEAVING,
    /** The worker couldn't do it now; ask again. */
    BUSY
}
