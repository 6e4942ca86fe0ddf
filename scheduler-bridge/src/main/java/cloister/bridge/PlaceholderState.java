package cloister.bridge;

/** Where a placeholder is in its life, as Slurm tells it. */
public enum PlaceholderState {
    /** Waits for hosts, or is held. */
    PENDING,
    /** Hosts are chosen and the gate is asked. */
    CONFIGURING,
    RUNNING,
    SUSPENDED,
    /** Over, but a host still runs its epilog: the hosts are not free yet. */
    COMPLETING,
    COMPLETED,
    FAILED,
    CANCELLED,
    TIMEOUT,
    NODE_FAIL,
    PREEMPTED,
    OUT_OF_MEMORY,
    DEADLINE,
    BOOT_FAIL,
    /**
     * slurmctld no longer knows the job although slurmdbd has no end for it: it was lost in a crash, or slurmdbd has yet to
     * hear the end. Either way it holds no hosts.
     */
    LOST;

    /** Whether Slurm has nothing left to do for it. */
    public boolean terminal() {
        return switch (this) {
            case PENDING, CONFIGURING, RUNNING, SUSPENDED, COMPLETING -> false;
            case COMPLETED,
                    FAILED,
                    CANCELLED,
                    TIMEOUT,
                    NODE_FAIL,
                    PREEMPTED,
                    OUT_OF_MEMORY,
                    DEADLINE,
                    BOOT_FAIL,
                    LOST -> true;
        };
    }
}
