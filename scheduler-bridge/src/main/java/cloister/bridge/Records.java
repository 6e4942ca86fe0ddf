package cloister.bridge;

import java.util.List;

/** What came of reading the records of jobs. */
public sealed interface Records {
    /**
     * All that slurmdbd has, completely.
     *
     * @param jobs in the order of their job ids
     */
    record Seen(List<JobRecord> jobs) implements Records {
        /** Copies the list. */
        public Seen {
            jobs = List.copyOf(jobs);
        }
    }

    /**
     * slurmdbd did not answer in a way to build on.
     *
     * @param why for the log
     */
    record Unknown(String why) implements Records {}
}
