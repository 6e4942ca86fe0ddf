package cloister.backend.lease;

/**
 * Which lease.
 *
 * @param project number of the project
 * @param lease number within the project
 */
public record LeaseId(int project, int lease) {
    /** Refuses numbers below 1. */
    public LeaseId {
        if (project < 1 || lease < 1) {
            throw new IllegalArgumentException("projects and leases are numbered from 1");
        }
    }

    @Override
    public String toString() {
        return "lease " + lease + " of project " + project;
    }
}
