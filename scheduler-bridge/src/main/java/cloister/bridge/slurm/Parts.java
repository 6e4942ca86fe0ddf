package cloister.bridge.slurm;

import cloister.bridge.JobRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Joins slurmdbd's records of one placeholder. When hosts are given back slurmdbd closes the record ({@code RESIZING}) and
 * begins another, whose submit time is the end of the one before. On 24.11 the new one begins at the job's start again, so that
 * its time has the earlier ones' in it; on 26.05 it begins where the one before ends. What was held is counted once on both.
 */
final class Parts {
    private Parts() {}

    /**
     * A record as it was read.
     *
     * @param resizing whether hosts were given back at its end, and another record follows
     */
    record Part(JobRecord record, boolean resizing) {}

    /** The placeholders that these are the records of, by job id and submit time. */
    static List<JobRecord> joined(List<Part> parts) {
        Map<Long, List<Part>> jobs = new TreeMap<>();
        for (Part part : parts)
            jobs.computeIfAbsent(part.record().job(), _ -> new ArrayList<>()).add(part);
        List<JobRecord> all = new ArrayList<>();
        for (List<Part> same : jobs.values()) {
            same.sort(Comparator.comparing(part -> part.record().submitted()));
            joinInto(all, same);
        }
        return all;
    }

    private static void joinInto(List<JobRecord> all, List<Part> same) {
        JobRecord joined = null;
        boolean open = false;
        for (Part part : same) {
            JobRecord next = part.record();
            if (joined != null && open && joined.ended().equals(Optional.of(next.submitted()))) {
                joined = after(joined, next);
            } else {
                if (joined != null) all.add(joined);
                joined = next;
            }
            open = part.resizing();
        }
        if (joined != null) all.add(joined);
    }

    private static JobRecord after(JobRecord earlier, JobRecord last) {
        List<JobRecord.Held> before = new ArrayList<>(earlier.before());
        before.add(new JobRecord.Held(earlier.lastSeconds(), earlier.allocated()));
        boolean again = last.started().filter(at -> at.isBefore(end(earlier))).isPresent();
        long seconds = again
                ? Math.max(last.elapsedSeconds(), earlier.elapsedSeconds())
                : earlier.elapsedSeconds() + last.elapsedSeconds();
        return new JobRecord(
                earlier.job(),
                earlier.submitted(),
                last.mark().or(earlier::mark),
                last.account(),
                last.wckey(),
                last.state(),
                earlier.started(),
                last.ended(),
                seconds,
                before,
                last.allocated(),
                last.nodes(),
                last.extra(),
                last.adminComment());
    }

    private static Instant end(JobRecord closed) {
        return closed.ended().orElse(Instant.MAX);
    }
}
