package cloister.backend.lease;

import cloister.bridge.Asked;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What Slurm said at the beginning of a pass.
 *
 * @param at before Slurm was asked: who acted later is not in the picture
 * @param placeholders all that slurmctld keeps; empty where it did not answer, which means nothing
 * @param asked all that stand at the gate
 */
record World(Instant at, Optional<List<Placeholder>> placeholders, List<Asked> asked) {
    /** The placeholder of one attempt: the one that lives, or else the newest. */
    static Optional<Placeholder> of(List<Placeholder> placeholders, Mark mark) {
        return placeholders.stream()
                .filter(placeholder -> placeholder.mark().equals(mark))
                .max(Comparator.<Placeholder, Boolean>comparing(
                                placeholder -> !placeholder.state().terminal())
                        .thenComparing(Placeholder::submitted)
                        .thenComparingLong(Placeholder::job));
    }

    /** Whether a placeholder bears the mark of the lease, in any attempt. */
    static boolean marks(Mark mark, LeaseId lease) {
        return mark.project() == lease.project() && mark.lease() == lease.lease();
    }
}
