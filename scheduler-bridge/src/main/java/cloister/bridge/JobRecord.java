package cloister.bridge;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A placeholder as slurmdbd has recorded it. One that gave hosts back has several records there, one for each size: together
 * they are one of these.
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
 * @param before what it held before it gave hosts back, oldest first; empty where it never did
 * @param allocated what it was given; what it had left, where it gave hosts back
 * @param nodes its hosts, as Slurm writes them; those that it had left
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
        List<Held> before,
        Resources allocated,
        String nodes,
        String extra,
        String adminComment) {
    /**
     * What was held until hosts were given back.
     *
     * @param seconds for how long, without suspension
     * @param resources what
     */
    public record Held(long seconds, Resources resources) {}

    /** Copies the list. */
    public JobRecord {
        before = List.copyOf(before);
    }

    /** Seconds for which it held {@link #allocated}: all of them, unless it gave hosts back. */
    public long lastSeconds() {
        return elapsedSeconds - before.stream().mapToLong(Held::seconds).sum();
    }

    /** Cores times how long it held them, as {@code sreport} counts. */
    public long cpuSeconds() {
        return Math.addExact(cpuSecondsBefore(), Math.multiplyExact(allocated.cpus(), lastSeconds()));
    }

    /** The same until it gave hosts back the last time; 0 where it never did. */
    public long cpuSecondsBefore() {
        return before.stream()
                .mapToLong(held -> Math.multiplyExact(held.resources().cpus(), held.seconds()))
                .sum();
    }

    /** Memory in MiB times how long it held it, until it gave hosts back the last time; 0 where it never did. */
    public long memMibSecondsBefore() {
        return before.stream()
                .mapToLong(held -> Math.multiplyExact(held.resources().memMiB(), held.seconds()))
                .sum();
    }

    /** The same with other cores and memory. */
    public JobRecord with(long cpus, long memMiB) {
        return new JobRecord(
                job,
                submitted,
                mark,
                account,
                wckey,
                state,
                started,
                ended,
                elapsedSeconds,
                before,
                new Resources(cpus, memMiB, allocated.gpus(), allocated.nodes()),
                nodes,
                extra,
                adminComment);
    }

    /** Whether it ever had hosts: what was cancelled while it waited has nothing to charge. */
    public boolean ran() {
        return started.isPresent() && allocated.nodes() > 0;
    }
}
