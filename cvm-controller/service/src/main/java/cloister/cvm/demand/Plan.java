package cloister.cvm.demand;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;

/**
 * What to change so that there are the workers that the waiting jobs need, and no others.
 *
 * @param asks leases to ask for, in this order
 * @param withdraw leases of which no worker has come yet and which nobody needs any more
 * @param release idle workers to give back
 * @param impossible jobs that no lease of this site could hold
 * @param coming leases whose workers are to come, for each job that waits for one of them
 * @param ties jobs to tie to a lease whose workers have all come, one for each task of an array
 * @param bound jobs that are tied to workers of their own, and rightly
 * @param full whether the project has as many workers as it may have, and jobs wait for more
 */
public record Plan(
        List<Ask> asks,
        List<Integer> withdraw,
        List<WorkerKey> release,
        List<JobKey> impossible,
        Map<JobKey, SortedSet<Integer>> coming,
        List<Tie> ties,
        Set<JobKey> bound,
        boolean full) {
    /** A job that a lease was made for. */
    public record Tie(JobKey job, int lease) {}

    public Plan {
        asks = List.copyOf(asks);
        withdraw = List.copyOf(withdraw);
        release = List.copyOf(release);
        impossible = List.copyOf(impossible);
        coming = Map.copyOf(coming);
        ties = List.copyOf(ties);
        bound = Set.copyOf(bound);
    }
}
