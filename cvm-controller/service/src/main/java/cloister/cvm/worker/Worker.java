package cloister.cvm.worker;

import java.time.Instant;

/** Where a worker is in its life. What the broker, Slurm and charon say of it are events, not states. */
public sealed interface Worker {
    /** Its lease waits or its machine boots; nothing is known of it. */
    record Starting() implements Worker {}

    /**
     * It said hello, but joining it has just failed: another try follows.
     *
     * @param failures how many tries failed
     * @param nextAt when the next one starts
     */
    record Resting(Guest guest, int failures, Instant nextAt) implements Worker {}

    /**
     * It is being given its certificate, its tunnel and its place in the cluster.
     *
     * @param failures how many earlier tries failed
     * @param since when this try began
     */
    record Joining(Guest guest, int failures, Instant since) implements Worker {}

    /**
     * Its tunnel is up, and its slurmd is about to register.
     *
     * @param failures how many tries to join it failed
     * @param since when its tunnel came up
     */
    record Registering(Guest guest, int failures, Instant since) implements Worker {}

    /**
     * It is a node of the local Slurm and takes jobs.
     *
     * @param greeted when it last heard of us: one that hears nothing for long turns itself off
     */
    record Serving(Guest guest, Instant greeted) implements Worker {}

    /**
     * It is to take no new job, so that it can be given back.
     *
     * @param since when Slurm was told so
     */
    record Draining(Guest guest, Instant since) implements Worker {}

    /**
     * Everything that is left of it is being taken away: node, tunnel, and its part of the lease.
     *
     * @param parting why it goes
     * @param underWay whether that is being done now; else it failed and is tried again at {@code nextAt}
     */
    record Leaving(Parting parting, boolean underWay, Instant nextAt) implements Worker {}

    /** Nothing of it is left. */
    record Gone() implements Worker {}
}
