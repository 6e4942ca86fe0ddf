package cloister.bridge;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A placeholder as Slurm knows it now.
 *
 * @param job job id; Slurm may reuse it after a crash, which is why {@code submitted} and {@code mark} go with it
 * @param submitted when Slurm took it
 * @param restart how often Slurm has started it again, from 0
 * @param mark what the comment says
 * @param state where it is in its life
 * @param reason Slurm's one word for why it waits or ended, at most 128 characters
 * @param expectedStart when Slurm expects to start it; only while it waits, and only once Slurm has looked
 * @param shares workers on each host; empty until hosts are chosen and after they are given back
 * @param limit how long it may run, in whole minutes, as it stands now: an administrator may change it
 * @param preempted when Slurm takes its hosts for another job, once it has warned of that; the site's grace time lies between
 * @param outcome how it is over, while it is {@link PlaceholderState#COMPLETING}
 */
public record Placeholder(
        long job,
        Instant submitted,
        int restart,
        Mark mark,
        PlaceholderState state,
        String reason,
        Optional<Instant> expectedStart,
        List<Share> shares,
        Optional<Duration> limit,
        Optional<Instant> preempted,
        Optional<PlaceholderState> outcome) {
    /** By their submission. */
    public static final Comparator<Placeholder> NEWEST_LAST =
            Comparator.comparing(Placeholder::submitted).thenComparingLong(Placeholder::job);

    /** Copies the shares. */
    public Placeholder {
        shares = List.copyOf(shares);
    }

    /** One that is not {@link PlaceholderState#COMPLETING}, or of which no more is known. */
    public Placeholder(
            long job,
            Instant submitted,
            int restart,
            Mark mark,
            PlaceholderState state,
            String reason,
            Optional<Instant> expectedStart,
            List<Share> shares,
            Optional<Duration> limit,
            Optional<Instant> preempted) {
        this(job, submitted, restart, mark, state, reason, expectedStart, shares, limit, preempted, Optional.empty());
    }

    /** One whose limit is not known and that nobody preempts. */
    public Placeholder(
            long job,
            Instant submitted,
            int restart,
            Mark mark,
            PlaceholderState state,
            String reason,
            Optional<Instant> expectedStart,
            List<Share> shares) {
        this(job, submitted, restart, mark, state, reason, expectedStart, shares, Optional.empty(), Optional.empty());
    }

    /** How it is over, even where hosts still run their epilogs; empty while it is not, and where Slurm does not say. */
    public Optional<PlaceholderState> end() {
        return state.terminal() ? Optional.of(state) : outcome;
    }

    /**
     * Whether it waits for hosts that the site does not have: it was taken, but it will not start unless the site changes.
     * slurmctld 24.11 finds that out only after the submit when a burst buffer plugin is there.
     */
    public boolean impossible() {
        return state == PlaceholderState.PENDING && reason.equals("BadConstraints");
    }
}
