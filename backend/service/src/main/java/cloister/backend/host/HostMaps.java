package cloister.backend.host;

import cloister.bridge.Allocation;

/** What Slurm's numbers for cores and devices stand for on each host. */
public interface HostMaps {
    /** Whether the host has a map, so that its machines have a place there. */
    boolean has(String host);

    /** The place of one worker on the host of an allocation. */
    Fit fit(Allocation given, Want want);
}
