package cloister.backend.lease;

/** What becomes of a lease of several workers that loses a host. One that loses its last worker ends in any case. */
enum NodeLoss {
    /** It goes on with the workers on its other hosts; the placeholder gives the lost one back. */
    SHRINK,
    /** It ends, and the other workers are given back. */
    END
}
