package cloister.bridge;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The placeholders of this backend in the site's Slurm. Every request waits at most the configured time; a call makes one, or
 * up to four where it must first find out which version of its API slurmrestd serves.
 */
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

    /**
     * What a placeholder was given on each of its hosts: cores, memory, devices.
     *
     * @param mark what it was submitted with: a job with the same id and another comment is another job
     */
    Allocated allocated(long jobId, Mark mark);

    /**
     * All placeholders that slurmctld keeps. Meant for every pass of a loop: one or two requests, however many there are, and
     * one more for each that is in another state than before. A reason or a limit that changes without the state is seen
     * within ten times as long as slurmrestd takes for a list of all jobs; {@link #observe} sees it at once. So is a job that
     * came with very many others, if it does not stand at the gate; until then it is named as unread.
     */
    Survey list();

    /**
     * Living placeholders that bear a mark beside the one that {@link #find} names: what a submission that was thought lost
     * leaves, to be cancelled.
     */
    default Survey duplicates(Mark mark) {
        return switch (list()) {
            case Survey.Unknown(String why) -> new Survey.Unknown(why);
            case Survey.Seen(List<Placeholder> all, Set<Long> unread) ->
                new Survey.Seen(
                        all.stream()
                                .filter(placeholder -> placeholder.mark().equals(mark)
                                        && !placeholder.state().terminal())
                                .sorted(Placeholder.NEWEST_LAST.reversed())
                                .skip(1)
                                .sorted(Comparator.comparingLong(Placeholder::job))
                                .toList(),
                        unread);
        };
    }

    /**
     * Ends a running placeholder so that it is recorded COMPLETED. Before it runs, only {@link #cancel} works.
     *
     * <p>slurmctld reuses job ids after a crash, and takes nothing but the id with a signal. So the job is read at once before:
     * one that is another user's or bears another mark is left alone, and ours is {@link Ending.AlreadyGone}. Its submit time
     * is not compared, because Slurm gives a job that was refused at the gate a new one; a mark names one attempt and is never
     * given to another. A slurmctld that crashes between the two requests, comes back without the job and gives its id away
     * before the second arrives is not noticed. A job of somebody else is safe then too, since Slurm lets our token end our own
     * user's jobs only; a placeholder of ours would end as if an administrator had cancelled it, and its project asks again.
     *
     * @param mark what it was submitted with
     */
    Ending end(long jobId, Mark mark);

    /**
     * Ends a placeholder in any state; it is recorded CANCELLED. Another job of that id is left alone, as {@link #end} says.
     *
     * @param mark what it was submitted with
     */
    Ending cancel(long jobId, Mark mark);

    /**
     * Sets how long it may run from its start. To lengthen takes {@code AdminLevel=Operator}; to shorten does not.
     *
     * @param mark what it was submitted with: another job of that id is left alone
     * @param limit 1 minute to 365 days, rounded up to whole minutes
     */
    Adjustment extend(long jobId, Mark mark, Duration limit);

    /**
     * Gives hosts back while it runs. Slurm keeps the first host, where the script is: without it the answer is Refused.
     *
     * @param mark what it was submitted with: another job of that id is left alone
     * @param hosts those that it keeps, 1 to 10,000 names as in {@link Share#host()}
     */
    Adjustment shrink(long jobId, Mark mark, Set<String> hosts);

    /** When Slurm stops taking our token; empty if there is none to read, or one without an end. */
    default Optional<Instant> tokenExpires() {
        return Optional.empty();
    }
}
