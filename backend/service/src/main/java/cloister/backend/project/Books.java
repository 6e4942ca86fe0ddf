package cloister.backend.project;

/** What the ledger room has of a project, for its removal. */
public interface Books {
    /** Placeholders whose end is not taken down yet: their account stays until then. */
    int open(int project);

    /** Whether the account that was made for the project is gone from the site's accounting. */
    boolean closed(int project);
}
