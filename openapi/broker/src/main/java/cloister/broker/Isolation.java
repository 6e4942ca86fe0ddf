package cloister.broker;

/** Who shares a worker, the site's policy for the project. Stable codes. */
public enum Isolation {
    /** Everybody of the project. */
    PROJECT,
    /** A worker serves the jobs of one member, and has that member's home alone. */
    USER,
    /** A worker serves one job, and goes with it; it has the home of that job's member alone. */
    JOB
}
