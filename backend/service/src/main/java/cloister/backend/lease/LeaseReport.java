package cloister.backend.lease;

import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A lease as an operator sees it.
 *
 * @param id which
 * @param wish what was asked for
 * @param view what the CVM sees
 * @param attempt which submission, where one is under way
 * @param job number of its placeholder, where one is known
 * @param hosts of its machines that are not gone, in the order of the workers
 */
public record LeaseReport(
        LeaseId id,
        LeaseRequest wish,
        LeaseList.Lease view,
        OptionalInt attempt,
        OptionalLong job,
        List<String> hosts) {
    /** Takes a copy. */
    public LeaseReport {
        hosts = List.copyOf(hosts);
    }
}
