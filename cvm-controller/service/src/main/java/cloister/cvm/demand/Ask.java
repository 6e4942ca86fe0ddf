package cloister.cvm.demand;

import cloister.broker.LeaseRequest;
import java.util.List;

/**
 * A lease that is wanted.
 *
 * @param request what to ask for
 * @param jobs the jobs that made us ask
 */
public record Ask(LeaseRequest request, List<JobKey> jobs) {
    public Ask {
        jobs = List.copyOf(jobs);
    }
}
