package cloister.bridge;

/** The placeholders of this backend in the site's Slurm. Every call waits at most the configured time. */
public interface Placeholders {
    /** Submits once. Never call it again for a mark after {@link Submission.Unknown} without a {@link #find} in between. */
    Submission submit(PlaceholderRequest request);

    /**
     * Looks for a mark among the jobs that slurmctld keeps. Found is the one that lives, or else the newest. Absent says
     * nothing about jobs that ended longer than MinJobAge ago.
     */
    Lookup find(Mark mark);

    /**
     * Looks at one placeholder. When slurmctld has forgotten it, slurmdbd is asked; Absent means that neither knows it.
     *
     * @param jobId what {@link Submission.Placed} said
     * @param mark what it was submitted with: a job with the same id and another comment is another job
     */
    Lookup observe(long jobId, Mark mark);

    /** All placeholders that slurmctld keeps. */
    Survey list();

    /** Ends a running placeholder so that it is recorded COMPLETED. Before it runs, only {@link #cancel} works. */
    Ending end(long jobId);

    /** Ends a placeholder in any state; it is recorded CANCELLED. */
    Ending cancel(long jobId);
}
