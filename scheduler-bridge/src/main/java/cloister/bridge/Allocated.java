package cloister.bridge;

import java.util.List;

/** What Slurm says when it is asked what it gave a placeholder. */
public sealed interface Allocated {
    /**
     * All that it holds.
     *
     * @param hosts in Slurm's order, which is that of {@link Placeholder#shares()}
     */
    record Seen(List<Allocation> hosts) implements Allocated {
        /** Copies the list. */
        public Seen {
            hosts = List.copyOf(hosts);
        }
    }

    /** slurmctld has no such placeholder. */
    record Absent() implements Allocated {}

    /**
     * No answer, none that can be relied on, or no hosts yet.
     *
     * @param why for a log
     */
    record Unknown(String why) implements Allocated {}
}
