package cloister.bridge;

import java.time.Instant;

/**
 * The site's accounting: who may be charged, and what was. Every call waits at most the configured time for each of its
 * requests, and may be made again. The backend's Slurm user needs AdminLevel=Operator in slurmdbd for all but {@link #note}.
 */
public interface Accounting {
    /**
     * Has an account below a parent, with the backend's Slurm user in it.
     *
     * @param name {@code [a-z0-9_]}, at most 64 characters
     * @param parent account that exists; its limits hold for all projects together
     * @param description what we write there: an account with another description is Foreign and left alone
     */
    Booking openAccount(String name, String parent, String description);

    /** Removes such an account, unless it is Foreign. slurmdbd refuses while jobs of it run. */
    Booking closeAccount(String name, String description);

    /** Has a wckey of the backend's Slurm user. */
    Booking openWckey(String name);

    /** Removes such a wckey. Slurm removes wckeys by name alone, so one that another user has too is Foreign. */
    Booking closeWckey(String name);

    /**
     * Writes what a placeholder used into its record, before it ends: in its {@code extra}, and in the gate's folder for
     * jobcomp.lua. slurmdbd keeps {@code extra} where slurm.conf has AccountingStoreFlags=job_extra.
     *
     * @param text {@code cloister:1:…}, letters, digits and colons, at most 256 characters
     */
    Booking note(long job, Instant submitted, String text);

    /** Removes what {@link #note} left in the gate's folder. */
    void forgetNote(long job, Instant submitted);

    /**
     * The records of our placeholders of one account that had begun, or waited, within a period.
     *
     * @param from first second
     * @param until first second after it, at most 366 days after {@code from}
     */
    Records records(String account, Instant from, Instant until);

    /** The records of one job id: more than one where Slurm gave the id twice, none where slurmdbd has forgotten it. */
    Records records(long job);

    /**
     * Whether records can be corrected: since Slurm 26.05 (v0.0.45). Refused says in words that this one is too old.
     */
    Booking adjusts();

    /**
     * Sets what the record of a placeholder that is over says it was given. Only cores and memory are set. Slurm corrects its
     * roll-ups by itself; fairshare already counted stays.
     */
    Booking adjust(long job, Instant submitted, long cpus, long memMiB);
}
