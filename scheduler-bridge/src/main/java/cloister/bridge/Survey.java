package cloister.bridge;

import java.util.List;
import java.util.Set;

/** What came of listing all placeholders. */
public sealed interface Survey {
    /**
     * All that slurmctld keeps: the living, and those that ended within its MinJobAge.
     *
     * @param placeholders in the order of their job ids
     * @param unread ids of jobs that are in slurmctld and have not been read yet, since very many came at once: each may be a
     *     placeholder, of which nothing is known, neither that it is there nor that it is not
     */
    record Seen(List<Placeholder> placeholders, Set<Long> unread) implements Survey {
        /** Copies both. */
        public Seen {
            placeholders = List.copyOf(placeholders);
            unread = Set.copyOf(unread);
        }

        /** One in which everything was read. */
        public Seen(List<Placeholder> placeholders) {
            this(placeholders, Set.of());
        }
    }

    /**
     * Slurm did not answer in a way to build on.
     *
     * @param why for the log
     */
    record Unknown(String why) implements Survey {}
}
