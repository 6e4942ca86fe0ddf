package cloister.backend.ledger;

import cloister.backend.ledger.Usage.Difference;
import cloister.backend.ledger.Usage.Given;
import cloister.backend.ledger.Usage.Kind;
import cloister.backend.ledger.Usage.Row;
import cloister.bridge.JobRecord;
import cloister.bridge.Mark;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Compares the ledger with slurmdbd's records. Both are matched by job id and submit time: Slurm gives ids twice after a crash. */
final class Reconciliation {
    private Reconciliation() {}

    private record Key(long job, Instant submitted) {}

    /**
     * Names each difference.
     *
     * @param rows of the ledger
     * @param records of slurmdbd: those of the period, and of every row that was not among them
     * @param from a record that the ledger lacks counts if it started from here on
     * @param until and before this
     */
    static List<Difference> differences(List<Row> rows, List<JobRecord> records, Instant from, Instant until) {
        Map<Key, JobRecord> recorded = new HashMap<>();
        records.forEach(job -> recorded.put(new Key(job.job(), job.submitted()), job));
        List<Difference> found = new ArrayList<>();
        Set<Key> known = new HashSet<>();
        for (Row row : rows) {
            Key key = new Key(row.job(), row.submitted());
            known.add(key);
            compare(row, Optional.ofNullable(recorded.get(key))).ifPresent(found::add);
        }
        for (JobRecord job : records) {
            boolean counts = job.ran()
                    && job.started()
                            .filter(at -> !at.isBefore(from) && at.isBefore(until))
                            .isPresent();
            if (counts && !known.contains(new Key(job.job(), job.submitted()))) {
                found.add(unknown(job));
            }
        }
        return found;
    }

    private static Optional<Difference> compare(Row row, Optional<JobRecord> record) {
        if (record.isEmpty()) {
            return Optional.of(difference(Kind.MISSING_IN_SLURMDBD, row, "slurmdbd has no record of it"));
        }
        JobRecord job = record.get();
        if (!job.state().terminal()) {
            return Optional.of(difference(Kind.STILL_RUNNING, row, "slurmdbd says " + job.state()));
        }
        if (row.given().isEmpty()) {
            return Optional.of(difference(Kind.STILL_RUNNING, row, "the ledger has not taken its end down yet"));
        }
        List<String> edits = edits(row.given().get(), job);
        return edits.isEmpty() ? Optional.empty() : Optional.of(difference(Kind.EDITED, row, String.join(", ", edits)));
    }

    private static List<String> edits(Given given, JobRecord job) {
        List<String> edits = new ArrayList<>();
        edit(edits, "state", given.state(), job.state().name());
        edit(edits, "cpus", given.cpus(), job.allocated().cpus());
        edit(edits, "memory MiB", given.memMib(), job.allocated().memMiB());
        edit(edits, "gpus", given.gpus(), job.allocated().gpus());
        edit(edits, "nodes", given.nodes(), job.allocated().nodes());
        edit(edits, "elapsed seconds", given.elapsedSeconds(), job.elapsedSeconds());
        edit(edits, "start", Optional.of(given.started()), job.started());
        edit(edits, "end", Optional.of(given.ended()), job.ended());
        if (edits.isEmpty()) {
            // Another time for what it held before it gave hosts back, say.
            edit(edits, "core-seconds", given.cpuSeconds(), job.cpuSeconds());
        }
        return edits;
    }

    private static void edit(List<String> edits, String what, Object ledger, Object slurmdbd) {
        if (!ledger.equals(slurmdbd)) {
            edits.add(what + " " + shown(ledger) + " in the ledger, " + shown(slurmdbd) + " in slurmdbd");
        }
    }

    private static String shown(Object value) {
        return value instanceof Optional<?> some ? some.map(Object::toString).orElse("none") : value.toString();
    }

    private static Difference unknown(JobRecord job) {
        Optional<Mark> mark = job.mark();
        return new Difference(
                // A row begins with the first look at its workers, which may be yet to come.
                job.state().terminal() ? Kind.MISSING_IN_LEDGER : Kind.STILL_RUNNING,
                mark.map(Mark::project).orElseGet(() -> project(job.account())),
                mark.map(Mark::lease).orElse(0),
                mark.map(Mark::attempt).orElse(0),
                job.job(),
                "slurmdbd has it as " + job.state() + " with " + job.allocated().cpus() + " cpus for "
                        + job.elapsedSeconds() + " s");
    }

    private static int project(String account) {
        return account.matches("p[1-9][0-9]{0,8}") ? Integer.parseInt(account.substring(1)) : 0;
    }

    private static Difference difference(Kind kind, Row row, String what) {
        return new Difference(kind, row.project(), row.lease(), row.attempt(), row.job(), what);
    }
}
