package cloister.bridge;

import java.time.Instant;
import java.util.Optional;

/**
 * A placeholder as slurmdbd has recorded it.
 *
 * @param job job id; one that Slurm gave twice has two records
 * @param submitted when Slurm took it
 * @param mark what the comment says; empty while it runs, because slurmdbd gets the comment when a job ends
 * @param account account that is charged
 * @param wckey wckey that is charged, as Slurm writes it
 * @param state where it is, or how it ended; LOST where slurmdbd has neither
 * @param started when it got its hosts; empty if it never did
 * @param ended when it gave them back; empty while it runs
 * @param elapsedSeconds from start to end, without suspension, as slurmdbd counts
 * @param allocated what it was given
 * @param nodes its hosts, as Slurm writes them
 * @param extra the text in {@code extra}, empty if there is none
 * @param adminComment the text in {@code admin_comment}, empty if there is none
 */
public record JobRecord(
        long job,
        Instant submitted,
        Optional<Mark> mark,
        String account,
        String wckey,
        PlaceholderState state,
        Optional<Instant> started,
        Optional<Instant> ended,
        long elapsedSeconds,
        Resources allocated,
        String nodes,
        String extra,
        String adminComment) {
    /** Whether it ever had hosts: what was cancelled while it waited has nothing to charge. */
    public boolean ran() {
        return started.isPresent() && allocated.nodes() > 0;
    }
}
