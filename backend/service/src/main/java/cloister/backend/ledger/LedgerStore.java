package cloister.backend.ledger;

import cloister.backend.ledger.Usage.Flag;
import cloister.backend.ledger.Usage.Given;
import cloister.bridge.JobRecord;
import cloister.bridge.Mark;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Rows of the ledger. */
@Repository
class LedgerStore {
    private static final String OF = " project = :project and lease = :lease and attempt = :attempt";
    private static final String COLUMNS = "project, lease, attempt, job, submitted, gpus, note, state, started, ended,"
            + " elapsed_s, cpus, cpu_s, mem_mib, gpus_allocated, nodes, used_cpu_s, used_mem_mib_s, used_gpu_s, flags, told_at";

    private final JdbcClient database;

    LedgerStore(JdbcClient database) {
        this.database = database;
    }

    /**
     * One row.
     *
     * @param mark project, lease and attempt
     * @param job id in the global Slurm
     * @param submitted when Slurm took it
     * @param gpus of one worker
     * @param note what was last written at the placeholder, if anything was
     * @param given slurmdbd's record, once it is over there
     * @param used as of the last adding up
     * @param told when its end was told
     */
    record Entry(
            Mark mark,
            long job,
            Instant submitted,
            int gpus,
            Optional<String> note,
            Optional<Given> given,
            Used used,
            Optional<Instant> told) {
        Usage.Row row() {
            return new Usage.Row(
                    mark.project(),
                    mark.lease(),
                    mark.attempt(),
                    job,
                    submitted,
                    given,
                    used.cpuSeconds(),
                    used.memMibSeconds(),
                    used.gpuSeconds(),
                    used.flags());
        }
    }

    private JdbcClient.StatementSpec of(String sql, Mark mark) {
        return database.sql(sql)
                .param("project", mark.project())
                .param("lease", mark.lease())
                .param("attempt", mark.attempt());
    }

    /** Begins a row; one that is there stays as it is. */
    void begin(Mark mark, long job, Instant submitted) {
        of(
                        "insert into ledger_entry (project, lease, attempt, job, submitted, look_at)"
                                + " values (:project, :lease, :attempt, :job, :submitted, :submitted) on conflict do nothing",
                        mark)
                .param("job", job)
                .param("submitted", Timestamp.from(submitted))
                .update();
    }

    void gpus(Mark mark, int gpus) {
        of("update ledger_entry set gpus = :gpus where" + OF, mark)
                .param("gpus", gpus)
                .update();
    }

    Optional<Meter> meter(Mark mark, int worker) {
        return of(
                        "select cpu_ms, mem_mib_ms, resident_mib, first_at, last_at from ledger_sample where" + OF
                                + " and worker = :worker for update",
                        mark)
                .param("worker", worker)
                .query((row, _) -> meter(row))
                .optional();
    }

    List<Meter> meters(Mark mark) {
        return of("select cpu_ms, mem_mib_ms, resident_mib, first_at, last_at from ledger_sample where" + OF, mark)
                .query((row, _) -> meter(row))
                .list();
    }

    private static Meter meter(ResultSet row) throws SQLException {
        return new Meter(
                row.getLong("cpu_ms"),
                row.getLong("mem_mib_ms"),
                row.getLong("resident_mib"),
                row.getTimestamp("first_at").toInstant(),
                row.getTimestamp("last_at").toInstant());
    }

    void save(Mark mark, int worker, Meter meter) {
        of("""
                        insert into ledger_sample
                          (project, lease, attempt, worker, cpu_ms, mem_mib_ms, resident_mib, first_at, last_at)
                        values (:project, :lease, :attempt, :worker, :cpu, :memory, :resident, :first, :last)
                        on conflict (project, lease, attempt, worker) do update set cpu_ms = excluded.cpu_ms,
                          mem_mib_ms = excluded.mem_mib_ms, resident_mib = excluded.resident_mib,
                          last_at = excluded.last_at""", mark)
                .param("worker", worker)
                .param("cpu", meter.cpuMillis())
                .param("memory", meter.memMibMillis())
                .param("resident", meter.residentMib())
                .param("first", Timestamp.from(meter.firstAt()))
                .param("last", Timestamp.from(meter.lastAt()))
                .update();
    }

    /** What the CVM said of the lease's workers: the lease room keeps it, and takes no more once the lease has ended. */
    Used.Reported reported(Mark mark) {
        return database.sql("select count(*) as workers, coalesce(sum(cpu_minutes), 0) as minutes from lease_usage"
                        + " where project = :project and lease = :lease")
                .param("project", mark.project())
                .param("lease", mark.lease())
                .query((row, _) -> new Used.Reported(row.getInt("workers"), row.getLong("minutes")))
                .single();
    }

    void noted(Mark mark, String text) {
        of("update ledger_entry set note = :note where" + OF, mark)
                .param("note", text)
                .update();
    }

    /** Takes down what slurmdbd says of one that is over. What was taken down once is not changed by a later record. */
    void settle(Mark mark, JobRecord record, Used used) {
        of("""
                        update ledger_entry set state = :state, started = :started, ended = :ended, elapsed_s = :elapsed,
                          cpus = :cpus, cpu_s = :cpuSeconds, mem_mib = :memory, gpus_allocated = :gpus, nodes = :nodes, used_cpu_s = :usedCpu,
                          used_mem_mib_s = :usedMemory, used_gpu_s = :usedGpu, flags = :flags, settled = true
                        where not settled and""" + OF, mark)
                .param("state", record.state().name())
                .param("started", time(record.started()))
                .param("ended", time(record.ended()))
                .param("elapsed", record.elapsedSeconds())
                .param("cpus", record.allocated().cpus())
                .param("cpuSeconds", record.cpuSeconds())
                .param("memory", record.allocated().memMiB())
                .param("gpus", record.allocated().gpus())
                .param("nodes", record.allocated().nodes())
                .param("usedCpu", used.cpuSeconds())
                .param("usedMemory", used.memMibSeconds())
                .param("usedGpu", used.gpuSeconds())
                .param("flags", Flag.number(used.flags()))
                .update();
    }

    private static @Nullable Timestamp time(Optional<Instant> at) {
        return at.map(Timestamp::from).orElse(null);
    }

    /** Its placeholder is being ended: slurmdbd is asked for the record from now on. */
    void told(Mark mark, Instant now) {
        of("update ledger_entry set told_at = coalesce(told_at, :now), look_at = :now where" + OF, mark)
                .param("now", Timestamp.from(now))
                .update();
    }

    void later(Mark mark, Instant next) {
        of("update ledger_entry set look_at = :next where" + OF, mark)
                .param("next", Timestamp.from(next))
                .update();
    }

    /** Nothing more will be heard of it. */
    void giveUp(Mark mark, Used used) {
        of(
                        "update ledger_entry set used_cpu_s = :usedCpu, used_mem_mib_s = :usedMemory, used_gpu_s = :usedGpu,"
                                + " flags = :flags, settled = true where not settled and" + OF,
                        mark)
                .param("usedCpu", used.cpuSeconds())
                .param("usedMemory", used.memMibSeconds())
                .param("usedGpu", used.gpuSeconds())
                .param("flags", Flag.number(used.flags()))
                .update();
    }

    /**
     * Open rows whose placeholder may be over: its end was told, or no host has shown a worker of it for a while. Those that
     * run cost slurmdbd nothing.
     *
     * @param lookedUntil only those whose next look is no later
     * @param seenSince those with a worker seen since then run
     */
    List<Entry> open(Instant lookedUntil, Instant seenSince) {
        return database.sql("select " + COLUMNS + " from ledger_entry e where not settled and look_at <= :until and"
                        + " (told_at is not null or not exists (select 1 from ledger_sample s where s.project = e.project"
                        + " and s.lease = e.lease and s.attempt = e.attempt and s.last_at > :seen))"
                        + " order by project, lease, attempt")
                .param("until", Timestamp.from(lookedUntil))
                .param("seen", Timestamp.from(seenSince))
                .query((row, _) -> entry(row))
                .list();
    }

    /** Those that started in the period, or were submitted in it and are not known to have started. */
    List<Entry> of(OptionalInt project, Instant from, Instant until) {
        return database.sql("select " + COLUMNS + " from ledger_entry where (:all or project = :project)"
                        + " and coalesce(started, submitted) >= :from and coalesce(started, submitted) < :until"
                        + " order by project, lease, attempt")
                .param("all", project.isEmpty())
                .param("project", project.orElse(0))
                .param("from", Timestamp.from(from))
                .param("until", Timestamp.from(until))
                .query((row, _) -> entry(row))
                .list();
    }

    int unsettled(int project) {
        return database.sql("select count(*) from ledger_entry where project = ? and not settled")
                .param(project)
                .query(Integer.class)
                .single();
    }

    List<Integer> projects() {
        return database.sql("select distinct project from ledger_entry order by project")
                .query((row, _) -> row.getInt("project"))
                .list();
    }

    private static Entry entry(ResultSet row) throws SQLException {
        return new Entry(
                new Mark(row.getInt("project"), row.getInt("lease"), row.getInt("attempt")),
                row.getLong("job"),
                row.getTimestamp("submitted").toInstant(),
                row.getInt("gpus"),
                Optional.ofNullable(row.getString("note")),
                given(row),
                new Used(
                        row.getLong("used_cpu_s"),
                        row.getLong("used_mem_mib_s"),
                        row.getLong("used_gpu_s"),
                        Flag.of(row.getInt("flags"))),
                Optional.ofNullable(row.getTimestamp("told_at")).map(Timestamp::toInstant));
    }

    Optional<String> note(Mark mark) {
        return of("select coalesce(note, '') as note from ledger_entry where" + OF, mark)
                .query((row, _) -> row.getString("note"))
                .optional();
    }

    private static Optional<Given> given(ResultSet row) throws SQLException {
        Timestamp started = row.getTimestamp("started");
        Timestamp ended = row.getTimestamp("ended");
        String state = row.getString("state");
        if (started == null || ended == null || state == null) {
            return Optional.empty();
        }
        return Optional.of(new Given(
                state,
                started.toInstant(),
                ended.toInstant(),
                row.getLong("elapsed_s"),
                row.getLong("cpus"),
                row.getLong("mem_mib"),
                row.getLong("gpus_allocated"),
                row.getLong("nodes"),
                row.getLong("cpu_s")));
    }
}
