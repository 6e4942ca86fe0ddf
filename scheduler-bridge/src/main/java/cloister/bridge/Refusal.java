package cloister.bridge;

/** Why Slurm will not take a placeholder, however often it is asked. */
public enum Refusal {
    /** There is no such partition. */
    PARTITION,
    /** The account does not exist, or the user is not in it. */
    ACCOUNT,
    /** The wckey does not exist for this user. */
    WCKEY,
    QOS,
    /** No host, or not so many hosts, could ever hold it. */
    TOO_BIG,
    TIME_LIMIT,
    /** A limit of the account that refuses instead of making it wait. */
    POLICY,
    /** The site's job_submit says no. */
    DENIED,
    /** Slurm does not know the user. */
    USER,
    /** Slurm does not understand the request: this room and Slurm do not fit each other. */
    MALFORMED,
    /** Another error of slurmctld; the text says which. */
    OTHER
}
