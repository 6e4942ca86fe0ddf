package cloister.backend.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.ledger.Usage.Difference;
import cloister.backend.ledger.Usage.Given;
import cloister.backend.ledger.Usage.Kind;
import cloister.backend.ledger.Usage.Row;
import cloister.bridge.JobRecord;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Resources;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReconciliationTest {
    private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant UNTIL = FROM.plusSeconds(86_400);
    private static final Instant SUBMITTED = FROM.plusSeconds(10);
    private static final Instant STARTED = FROM.plusSeconds(20);
    private static final Resources FOUR = new Resources(4, 2048, 1, 2);

    private static JobRecord record(long job, PlaceholderState state, long elapsed, Resources allocated) {
        return new JobRecord(
                job,
                SUBMITTED,
                Optional.of(new Mark(1, (int) job, 1)),
                "p1",
                "m1",
                state,
                Optional.of(STARTED),
                state.terminal() ? Optional.of(STARTED.plusSeconds(elapsed)) : Optional.empty(),
                elapsed,
                List.of(),
                allocated,
                "vmh[1-2]",
                "",
                "");
    }

    private static JobRecord completed(long job) {
        return record(job, PlaceholderState.COMPLETED, 100, FOUR);
    }

    private static Row row(long job, boolean settled) {
        Given given = new Given("COMPLETED", STARTED, STARTED.plusSeconds(100), 100, 4, 2048, 1, 2, 400);
        return new Row(
                1, (int) job, 1, job, SUBMITTED, settled ? Optional.of(given) : Optional.empty(), 0, 0, 0, Set.of());
    }

    private static List<Difference> compare(List<Row> rows, JobRecord... records) {
        return Reconciliation.differences(rows, List.of(records), FROM, UNTIL);
    }

    private static Difference only(List<Row> rows, JobRecord... records) {
        List<Difference> found = compare(rows, records);
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    @Test
    void two_books_that_say_the_same_do_not_differ() {
        assertThat(compare(List.of(row(1, true), row(2, true)), completed(1), completed(2)))
                .isEmpty();
        assertThat(compare(List.of())).isEmpty();
    }

    @Test
    void a_purged_record_is_named() {
        assertThat(only(List.of(row(1, true), row(2, true)), completed(2)))
                .isEqualTo(new Difference(Kind.MISSING_IN_SLURMDBD, 1, 1, 1, 1, "slurmdbd has no record of it"));
    }

    @Test
    void a_job_id_that_was_given_again_is_another_job() {
        JobRecord again = new JobRecord(
                1,
                SUBMITTED.plusSeconds(1),
                Optional.empty(),
                "p1",
                "m1",
                PlaceholderState.COMPLETED,
                Optional.of(STARTED),
                Optional.of(STARTED),
                0,
                List.of(),
                FOUR,
                "vmh1",
                "",
                "");
        assertThat(compare(List.of(row(1, true)), again))
                .extracting(Difference::kind)
                .containsExactly(Kind.MISSING_IN_SLURMDBD, Kind.MISSING_IN_LEDGER);
    }

    @Test
    void a_record_that_the_ledger_lacks_is_named_if_it_ran_in_the_period() {
        assertThat(only(List.of(), completed(7)))
                .isEqualTo(new Difference(
                        Kind.MISSING_IN_LEDGER, 1, 7, 1, 7, "slurmdbd has it as COMPLETED with 4 cpus for 100 s"));
        assertThat(compare(List.of(), record(7, PlaceholderState.CANCELLED, 0, new Resources(0, 0, 0, 0))))
                .as("cancelled while it waited")
                .isEmpty();
        assertThat(Reconciliation.differences(List.of(), List.of(completed(7)), STARTED.plusSeconds(1), UNTIL))
                .as("another period's")
                .isEmpty();
    }

    @Test
    void every_edit_is_told_with_both_figures() {
        JobRecord edited = record(1, PlaceholderState.FAILED, 90, new Resources(3, 1024, 0, 1));
        Difference difference = only(List.of(row(1, true)), edited);
        assertThat(difference.kind()).isEqualTo(Kind.EDITED);
        assertThat(difference.what())
                .isEqualTo("state COMPLETED in the ledger, FAILED in slurmdbd, cpus 4 in the ledger, 3 in slurmdbd,"
                        + " memory MiB 2048 in the ledger, 1024 in slurmdbd, gpus 1 in the ledger, 0 in slurmdbd,"
                        + " nodes 2 in the ledger, 1 in slurmdbd, elapsed seconds 100 in the ledger, 90 in slurmdbd,"
                        + " end 2026-01-01T00:02:00Z in the ledger, 2026-01-01T00:01:50Z in slurmdbd");
    }

    @Test
    void an_edit_of_what_was_held_before_hosts_were_given_back_is_told() {
        JobRecord whole = completed(1);
        JobRecord edited = new JobRecord(
                1,
                SUBMITTED,
                whole.mark(),
                "p1",
                "m1",
                PlaceholderState.COMPLETED,
                whole.started(),
                whole.ended(),
                100,
                List.of(new JobRecord.Held(40, new Resources(8, 4096, 1, 2))),
                FOUR,
                "vmh1",
                "",
                "");
        assertThat(only(List.of(row(1, true)), edited))
                .isEqualTo(new Difference(Kind.EDITED, 1, 1, 1, 1, "core-seconds 400 in the ledger, 560 in slurmdbd"));
    }

    @Test
    void what_is_not_over_is_named_as_such() {
        JobRecord running = record(1, PlaceholderState.RUNNING, 50, FOUR);
        assertThat(only(List.of(row(1, false)), running).kind()).isEqualTo(Kind.STILL_RUNNING);
        assertThat(only(List.of(row(1, false)), completed(1)).kind()).isEqualTo(Kind.STILL_RUNNING);
        assertThat(only(List.of(), running).kind())
                .as("nobody has looked at its workers yet")
                .isEqualTo(Kind.STILL_RUNNING);
    }
}
