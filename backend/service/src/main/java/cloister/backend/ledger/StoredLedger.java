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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        Set<String> written =
                rows.stream().map(row -> row.job() + "@" + row.submitted()).collect(Collectors.toSet());
        Map<String, JobRecord> records = new LinkedHashMap<>();
        for (int number : project.isPresent() ? Set.of(project.getAsInt()) : all()) {
            for (JobRecord job : seen(accounting.records("p" + number, from, until))) {
                // What looks unknown may be the rest of one that gave hosts back, and began before the period.
                (written.contains(key(job)) ? List.of(job) : seen(accounting.records(job.job())))
                        .forEach(whole -> records.put(key(whole), whole));
            }
        }
        for (Row row : rows) {
            // A record whose times were edited may lie in another period: it is not purged.
            if (!records.containsKey(row.job() + "@" + row.submitted())) {
                seen(accounting.records(row.job())).forEach(job -> records.put(key(job), job));
            }
        }
        return new Report(rows, Reconciliation.differences(rows, List.copyOf(records.values()), from, until));
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
