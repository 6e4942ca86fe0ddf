package cloister.backend.lease;

import cloister.broker.GpuKind;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.UsageReport;
import cloister.vpn.identity.Spki;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Rows of leases. Callers hold the transaction; who holds a lease may go on to its project, never the other way. */
@Repository
class LeaseStore {
    private static final int MOST_LISTED = 1000;
    private static final String SELECT = "select project, lease, member, workers, cpus, mem_mib, gpu_kind, gpus,"
            + " scratch_mib, wish_term_min, term_min, wish_spread, spread, cvm_spki, state::text as state from lease ";

    /**
     * CPU minutes of project {@code p} since 00:00 UTC, where they are limited: of an ended lease the time that it held hosts; of one
     * that lives its whole term, less what it held them for before. What starts before midnight and ends after it counts on both
     * days, each part once.
     */
    private static final String SPENT = """
            case when p.day_cpu_min = 0 then 0 else (select coalesce(ceil(sum(l.workers::bigint * l.cpus * greatest(0, case
                when l.live then l.term_min
                  - greatest(0, coalesce(extract(epoch from today.began - l.started_at), 0)) / 60
                when l.started_at is null then 0
                else extract(epoch from l.ended_at - greatest(l.started_at, today.began)) / 60
              end))), 0)
              from lease l, (select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' as began) as today
              where l.project = p.number and (l.live or l.ended_at > today.began)) end
            """;

    private final JdbcClient database;

    LeaseStore(JdbcClient database) {
        this.database = database;
    }

    /**
     * What a new lease of a project must fit.
     *
     * @param next the number that it must have
     * @param members those of the asked members that the project has
     * @param spentCpuMin what its leases have spent of the day and could still spend, in CPU minutes
     */
    record Books(int next, Set<Integer> members, int liveWorkers, long spentCpuMin) {
        /** After one more. */
        Books with(LeaseRecord lease) {
            boolean live = !(lease.state() instanceof Lease.Ended);
            return new Books(
                    next + 1,
                    members,
                    liveWorkers + (live ? lease.wish().workers() : 0),
                    spentCpuMin + (live ? lease.cpuMinutes() : 0));
        }
    }

    /** Of each project that there is; nobody else gives out a number of theirs until the transaction ends. */
    Map<Integer, Books> holdBooks(List<Wishes.Wish> wishes) {
        int[] asked =
                wishes.stream().mapToInt(wish -> wish.id().project()).distinct().toArray();
        int[] members = wishes.stream()
                .mapToInt(wish -> wish.wish().member())
                .distinct()
                .toArray();
        // In this order, as in save: who locks several never waits for one that waits for him.
        database.sql("select number from project where number = any (?) order by number for update")
                .param(asked)
                .query(Integer.class)
                .list();
        // Not with it: what others did while we waited is seen by the next statement only.
        Map<Integer, Books> books = new HashMap<>();
        database.sql("""
                        select p.number, p.next_lease,
                          array(select m.number from member m
                            where m.project = p.number and m.number = any (?) and m.removal = 'NONE'),
                          (select coalesce(sum(l.workers), 0) from lease l where l.project = p.number and l.live),""" + SPENT + """
                        from project p where p.number = any (?)""").params(members, asked).query(row -> {
            Set<Integer> known = Set.of((Integer[]) row.getArray(3).getArray());
            books.put(row.getInt(1), new Books(row.getInt(2), known, row.getInt(4), row.getLong(5)));
        });
        return books;
    }

    /** What the project has spent of the day and could still spend, in CPU minutes; nobody else adds to it until the transaction ends. */
    long holdSpent(int project) {
        database.sql("select number from project where number = ? for update")
                .param(project)
                .query(Integer.class)
                .single();
        return database.sql("select " + SPENT + " from project p where p.number = ?")
                .param(project)
                .query(Long.class)
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

    /** Those of the leases that there are, and nobody else changes them until the transaction ends. */
    List<LeaseRecord> hold(List<LeaseId> ids) {
        return database.sql(SELECT
                        + "where (project, lease) in (select * from unnest(?, ?)) order by project, lease for update")
                .params(projects(ids), numbers(ids))
                .query((row, _) -> lease(row))
                .list();
    }

    private static int[] projects(List<LeaseId> ids) {
        return ids.stream().mapToInt(LeaseId::project).toArray();
    }

    private static int[] numbers(List<LeaseId> ids) {
        return ids.stream().mapToInt(LeaseId::lease).toArray();
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

    /** How many live, of one member or of the whole project. */
    int live(int project, OptionalInt member) {
        return database.sql(
                        "select count(*) from lease where project = :project and live and (:all or member = :member)")
                .param("project", project)
                .param("all", member.isEmpty())
                .param("member", member.orElse(0))
                .query(Integer.class)
                .single();
    }

    /** Those that live although their project or member is being removed. */
    List<LeaseId> unwanted() {
        return database.sql("""
                        select l.project, l.lease from lease l
                        join project p on p.number = l.project
                        join member m on m.project = l.project and m.number = l.member
                        where l.live and (p.removal <> 'NONE' or m.removal <> 'NONE') order by l.project, l.lease""")
                .query((row, _) -> new LeaseId(row.getInt("project"), row.getInt("lease")))
                .list();
    }

    /** New leases, whose projects are held; the number of each project's next one follows its last of these. */
    void insert(List<LeaseRecord> leases) {
        List<LeaseId> ids = leases.stream().map(LeaseRecord::id).toList();
        database.sql("""
                        with fresh as (
                          select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as one (project, lease, member,
                            workers, cpus, mem_mib, gpu_kind, gpus, scratch_mib, wish_term_min, term_min, wish_spread, spread,
                            cvm_spki, state, live)),
                        counted as (
                          update project set revision = revision + 1, next_lease = last.lease + 1
                          from (select project, max(lease) as lease from fresh group by project) as last
                          where number = last.project returning number, revision)
                        insert into lease (project, lease, member, workers, cpus, mem_mib, gpu_kind, gpus, scratch_mib,
                          wish_term_min, term_min, wish_spread, spread, cvm_spki, state, live, revision)
                        select fresh.project, fresh.lease, member, workers, cpus, mem_mib, gpu_kind, gpus, scratch_mib,
                          wish_term_min, term_min, wish_spread, spread, cvm_spki, state::jsonb, fresh.live, counted.revision
                        from fresh join counted on counted.number = fresh.project""")
                .params(
                        projects(ids),
                        numbers(ids),
                        ints(leases, LeaseRequest::member),
                        ints(leases, LeaseRequest::workers),
                        ints(leases, LeaseRequest::cpus),
                        ints(leases, LeaseRequest::memMiB),
                        texts(leases, lease -> lease.wish().gpuKind().name()),
                        ints(leases, LeaseRequest::gpus),
                        ints(leases, LeaseRequest::scratchMiB),
                        ints(leases, LeaseRequest::termMin),
                        leases.stream().mapToInt(LeaseRecord::termMin).toArray(),
                        flags(leases, lease -> lease.wish().spread()),
                        flags(leases, LeaseRecord::spread),
                        texts(leases, lease -> lease.cvm().base64()),
                        texts(leases, lease -> StateJson.write(lease.state())),
                        flags(leases, lease -> !(lease.state() instanceof Lease.Ended)))
                .update();
    }

    private static int[] ints(List<LeaseRecord> leases, ToIntFunction<LeaseRequest> column) {
        return leases.stream().map(LeaseRecord::wish).mapToInt(column).toArray();
    }

    private static String[] texts(List<LeaseRecord> leases, Function<LeaseRecord, String> column) {
        return leases.stream().map(column).toArray(String[]::new);
    }

    private static Boolean[] flags(List<LeaseRecord> leases, Function<LeaseRecord, Boolean> column) {
        return leases.stream().map(column).toArray(Boolean[]::new);
    }

    /**
     * A lease's new state.
     *
     * @param visible whether the CVM sees another lease than before
     */
    record Change(LeaseId id, Lease next, boolean visible) {}

    /** Stores them, with a new revision of each project whose CVM sees a difference. Each lease once. */
    void save(List<Change> changes) {
        List<LeaseId> ids = changes.stream().map(Change::id).toList();
        int[] seen = changes.stream()
                .filter(Change::visible)
                .mapToInt(change -> change.id().project())
                .distinct()
                .toArray();
        database.sql("""
                        with held as (select number from project where number = any (?) order by number for update),
                        counted as (
                          update project set revision = revision + 1 from held
                          where project.number = held.number returning project.number, revision)
                        update lease set state = change.state::jsonb, live = change.live,
                          started_at = coalesce(lease.started_at, case when change.started then now() end),
                          ended_at = coalesce(lease.ended_at, case when not change.live then now() end),
                          revision = case when change.visible then counted.revision else lease.revision end
                        from unnest(?, ?, ?, ?, ?, ?) as change (project, lease, state, live, visible, started)
                        left join counted on counted.number = change.project
                        where lease.project = change.project and lease.lease = change.lease""")
                .params(
                        seen,
                        projects(ids),
                        numbers(ids),
                        changes.stream()
                                .map(change -> StateJson.write(change.next()))
                                .toArray(String[]::new),
                        changes.stream()
                                .map(change -> !(change.next() instanceof Lease.Ended))
                                .toArray(Boolean[]::new),
                        changes.stream().map(Change::visible).toArray(Boolean[]::new),
                        changes.stream().map(change -> started(change.next())).toArray(Boolean[]::new))
                .update();
    }

    /** Whether hosts are held for it. */
    private static boolean started(Lease lease) {
        return switch (lease) {
            case Lease.Starting _, Lease.Running _, Lease.Clearing _, Lease.Abandoning _ -> true;
            case Lease.Recorded _, Lease.Submitting _, Lease.Queued _, Lease.Closing _, Lease.Ended _ -> false;
        };
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
