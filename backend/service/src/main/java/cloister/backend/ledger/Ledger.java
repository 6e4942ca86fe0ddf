package cloister.backend.ledger;

import java.time.Instant;
import java.util.OptionalInt;

/** What was given and used. */
public interface Ledger {
    /**
     * The placeholders of one project, or of all, that started within a period, and where slurmdbd says otherwise.
     *
     * @param from first second
     * @param until first second after it, at most 366 days later
     * @throws IllegalArgumentException where the period can't be, or slurmdbd does not answer, with what to do
     */
    Usage.Report usage(OptionalInt project, Instant from, Instant until);
}
