package cloister.control;

/** What a worker may be told to mount: a code for each tree, so that no path ever comes from a message. */
public enum Mount {
    /** The CVM's {@code /home}, NFS 4.2 over the overlay, at {@code /home}; with an owner that member's home alone, at its place. */
    HOME
}
