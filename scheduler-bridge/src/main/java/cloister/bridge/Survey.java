package cloister.bridge;

import java.util.List;

/** What came of listing all placeholders. */
public sealed interface Survey {
    /**
     * All that slurmctld keeps: the living, and those that ended within its MinJobAge.
     *
     * @param placeholders in the order of their job ids
     */
    record Seen(List<Placeholder> placeholders) implements Survey {
        /** Copies the list. */
        public Seen {
            placeholders = List.copyOf(placeholders);
        }
    }

    /**
     * Slurm did not answer in a way to build on.
     *
     * @param why for the log
     */
    record Unknown(String why) implements Survey {}
}
