package cloister.bridge;

/** What slurmctld says of the site's hosts. Every question is one request that waits at most the configured time. */
public interface HostStates {
    /**
     * Whether Slurm still has this host.
     *
     * @param host its name, as in {@link Share#host()}
     * @throws IllegalArgumentException if that is no name of a host
     */
    HostState of(String host);
}
