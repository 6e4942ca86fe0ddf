package cloister.backend.lease;

import cloister.broker.GpuKind;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.UsageReport;
import cloister.vpn.identity.Spki;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Rows of leases. Callers hold the transaction; who holds a lease may go on to its project, never the other way. */
@Repository
class LeaseStore {
    private static final int MOST_LISTED = 1000;
    private static final String SELECT = "select project, lease, member, workers, cpus, mem_mib, gpu_kind, gpus,"
            + " scratch_mib, wish_term_min, term_min, wish_spread, spread, cvm_spki, state::text as state from lease ";

    private final JdbcClient database;

    LeaseStore(JdbcClient database) {
        this.database = database;
    }

    /** The number that the project's next lease must have; nobody else gives one out until the transaction ends. */
    int holdNext(int project) {
        return database.sql("select next_lease from project where number = ? for update")
                .param(project)
                .query(Integer.class)
                .single();
    }

    int next(int project) {
        return database.sql("select next_lease from project where number = ?")
                .param(project)
                .query(Integer.class)
                .single();
    }

    long revision(int project) {
        return database.sql("select revision from project where number = ?")
                .param(project)
                .query(Long.class)
                .single();
    }

    private long nextRevision(int project) {
        return database.sql("update project set revision = revision + 1 where number = ? returning revision")
                .param(project)
                .query(Long.class)
                .single();
    }

    Optional<LeaseRecord> find(LeaseId id) {
        return database.sql(SELECT + "where project = ? and lease = ?")
                .params(id.project(), id.lease())
                .query((row, _) -> lease(row))
                .optional();
    }

    /** The lease, and nobody else changes it until the transaction ends. */
    Optional<LeaseRecord> hold(LeaseId id) {
        return database.sql(SELECT + "where project = ? and lease = ? for update")
                .params(id.project(), id.lease())
                .query((row, _) -> lease(row))
                .optional();
    }

    List<LeaseRecord> live() {
        return database.sql(SELECT + "where live order by project, lease")
                .query((row, _) -> lease(row))
                .list();
    }

    List<LeaseRecord> latest(OptionalInt project) {
        return database.sql(
                        SELECT + "where (:all or project = :project) order by live desc, recorded_at desc limit :most")
                .param("all", project.isEmpty())
                .param("project", project.orElse(0))
                .param("most", MOST_LISTED)
                .query((row, _) -> lease(row))
                .list();
    }

    int liveWorkers(int project) {
        return database.sql("select coalesce(sum(workers), 0) from lease where project = ? and live")
                .param(project)
                .query(Integer.class)
                .single();
    }

    boolean hasMember(int project, int member) {
        return database.sql("select count(*) from member where project = ? and number = ?")
                        .params(project, member)
                        .query(Integer.class)
                        .single()
                > 0;
    }

    void insert(LeaseRecord lease) {
        LeaseRequest wish = lease.wish();
        int project = lease.id().project();
        database.sql("""
                        insert into lease (project, lease, member, workers, cpus, mem_mib, gpu_kind, gpus, scratch_mib,
                          wish_term_min, term_min, wish_spread, spread, cvm_spki, state, live, revision)
                        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, true, ?)""")
                .params(
                        project,
                        lease.id().lease(),
                        wish.member(),
                        wish.workers(),
                        wish.cpus(),
                        wish.memMiB(),
                        wish.gpuKind().name(),
                        wish.gpus(),
                        wish.scratchMiB(),
                        wish.termMin(),
                        lease.termMin(),
                        wish.spread(),
                        lease.spread(),
                        lease.cvm().base64(),
                        StateJson.write(lease.state()),
                        nextRevision(project))
                .update();
        database.sql("update project set next_lease = ? where number = ?")
                .params(lease.id().lease() + 1, project)
                .update();
    }

    /** Stores the state; true where the CVM sees another lease than before. */
    boolean save(LeaseRecord before, Lease next) {
        int project = before.id().project();
        int n = before.id().lease();
        boolean visible = !Views.of(n, before.state()).equals(Views.of(n, next));
        database.sql("update lease set state = ?::jsonb, live = ? where project = ? and lease = ?")
                .params(StateJson.write(next), !(next instanceof Lease.Ended), project, n)
                .update();
        if (visible) {
            database.sql("update lease set revision = ? where project = ? and lease = ?")
                    .params(nextRevision(project), project, n)
                    .update();
        }
        return visible;
    }

    void setTerm(LeaseId id, int termMin) {
        database.sql("update lease set term_min = ? where project = ? and lease = ?")
                .params(termMin, id.project(), id.lease())
                .update();
    }

    void report(LeaseId id, UsageReport report) {
        database.sql("""
                        insert into lease_usage (project, lease, worker, cpu_minutes, peak_mem_mib, busy_min)
                        values (?, ?, ?, ?, ?, ?)
                        on conflict (project, lease, worker) do update set cpu_minutes = excluded.cpu_minutes,
                          peak_mem_mib = excluded.peak_mem_mib, busy_min = excluded.busy_min, reported_at = now()""")
                .params(
                        id.project(),
                        id.lease(),
                        report.worker(),
                        report.cpuMinutes(),
                        report.peakMemMiB(),
                        report.busyMin())
                .update();
    }

    List<LeaseList.Lease> changed(int project, long since) {
        return database
                .sql(SELECT + "where project = :project and (revision > :since and :since > 0 or live and :since = 0)"
                        + " order by lease")
                .param("project", project)
                .param("since", since)
                .query((row, _) -> lease(row))
                // Not JdbcClient's own stream(): that one keeps the connection until it is closed.
                .list()
                .stream()
                .map(lease -> Views.of(lease.id().lease(), lease.state()))
                .toList();
    }

    private static LeaseRecord lease(ResultSet row) throws SQLException {
        return new LeaseRecord(
                new LeaseId(row.getInt("project"), row.getInt("lease")),
                new LeaseRequest(
                        row.getInt("member"),
                        row.getInt("workers"),
                        row.getInt("cpus"),
                        row.getInt("mem_mib"),
                        GpuKind.valueOf(row.getString("gpu_kind")),
                        row.getInt("gpus"),
                        row.getInt("scratch_mib"),
                        row.getInt("wish_term_min"),
                        row.getBoolean("wish_spread")),
                row.getInt("term_min"),
                row.getBoolean("spread"),
                Spki.parse(row.getString("cvm_spki")),
                StateJson.read(row.getString("state")));
    }
}
