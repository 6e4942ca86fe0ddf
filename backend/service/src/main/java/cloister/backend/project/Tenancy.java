package cloister.backend.project;

import java.util.OptionalInt;

/** What the lease room has of a project, for its removal. Each call may be made again. */
public interface Tenancy {
    /**
     * Leases that are not over.
     *
     * @param member only this member's, or all of the project
     */
    int live(int project, OptionalInt member);

    /** Has all leases ended whose project or member is being removed; returns at once. */
    void endUnwanted();

    /** Forgets the project's addresses that are out of quarantine, and returns how many are not. */
    int addresses(int project);
}
