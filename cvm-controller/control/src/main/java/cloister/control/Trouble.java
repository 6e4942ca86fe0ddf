package cloister.control;

/** Which step of joining failed last; the worker tries again until it is given back or ends. */
public enum Trouble {
    /** None. */
    NONE,
    /** The scratch drive wouldn't open. */
    SCRATCH,
    /** Accounts or host names couldn't be written. */
    NAMES,
    /** charon didn't come up, or refused certificate, key or tunnel. */
    VPN,
    /** The overlay's interface or the firewall for it couldn't be set up. */
    OVERLAY,
    /** The cluster's key couldn't be written. */
    CLUSTER_KEY,
    /** The tunnel carries nothing to the CVM's file server. */
    TUNNEL,
    /** {@code /home} wouldn't mount. */
    HOME,
    /** The lease has GPUs that the machine hasn't. */
    GPUS,
    /** slurmd wouldn't start. */
    SLURMD
}
