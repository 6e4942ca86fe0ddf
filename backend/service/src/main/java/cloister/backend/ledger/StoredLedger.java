package cloister.backend.ledger;

import cloister.backend.ledger.Usage.Report;
import cloister.backend.ledger.Usage.Row;
import cloister.backend.project.Project;
import cloister.backend.project.Projects;
import cloister.bridge.Accounting;
import cloister.bridge.JobRecord;
import cloister.bridge.Records;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.stereotype.Service;

@Service
class StoredLedger implements Ledger {
    private static final Duration LONGEST = Duration.ofDays(366);

    private final LedgerStore store;
    private final Settlement settlement;
    private final Accounting accounting;
    private final Projects projects;

    StoredLedger(LedgerStore store, Settlement settlement, Accounting accounting, Projects projects) {
        this.store = store;
        this.settlement = settlement;
        this.accounting = accounting;
        this.projects = projects;
    }

    @Override
    public Report usage(OptionalInt project, Instant from, Instant until) {
        if (!from.isBefore(until) || Duration.between(from, until).compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("a period ends after it begins, and at most 366 days later");
        }
        // What ended a moment ago is no difference.
        settlement.passOverAll();
        List<Row> rows = store.of(project, from, until).stream()
                .map(LedgerStore.Entry::row)
                .toList();
        List<JobRecord> records = new ArrayList<>();
        for (int number : project.isPresent() ? Set.of(project.getAsInt()) : all()) {
            records.addAll(seen(accounting.records("p" + number, from, until)));
        }
        Set<String> known = records.stream().map(StoredLedger::key).collect(Collectors.toSet());
        for (Row row : rows) {
            // A record whose times were edited may lie in another period: it is not purged.
            if (!known.contains(row.job() + "@" + row.submitted())) {
                records.addAll(seen(accounting.records(row.job())));
            }
        }
        return new Report(rows, Reconciliation.differences(rows, records, from, until));
    }

    private static String key(JobRecord job) {
        return job.job() + "@" + job.submitted();
    }

    private Set<Integer> all() {
        Set<Integer> all = new TreeSet<>(store.projects());
        projects.list().stream().map(Project::number).forEach(all::add);
        return all;
    }

    private static List<JobRecord> seen(Records records) {
        return switch (records) {
            case Records.Seen(List<JobRecord> jobs) -> jobs;
            case Records.Unknown(String why) ->
                throw new IllegalArgumentException("slurmdbd can't be compared with: " + why);
        };
    }
}
