package cloister.backend.lease;

import cloister.backend.project.Underlay;
import cloister.isolation.Ipv4;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/**
 * Who has which address of a project's range. An address that was given up is not used again before its quarantine is over.
 * Callers hold the transaction.
 */
@Repository
class Addresses {
    private final JdbcClient database;
    private final Underlay underlay;

    Addresses(JdbcClient database, Underlay underlay) {
        this.database = database;
        this.underlay = underlay;
    }

    /** An address for each worker from 1 to {@code workers}; the same again for the same attempt; empty where too few are free. */
    Optional<List<Ipv4>> take(LeaseId id, int attempt, int workers, Instant freedBefore) {
        // One at a time in a project: two leases must not choose the same.
        database.sql("select number from project where number = ? for no key update")
                .param(id.project())
                .query(Integer.class)
                .single();
        List<Ipv4> taken = new ArrayList<>();
        for (int worker = 1; worker <= workers; worker++) {
            OptionalInt last = has(id, attempt, worker);
            if (last.isEmpty()) {
                last = free(id.project(), freedBefore);
                if (last.isEmpty()) {
                    return Optional.empty();
                }
                insert(id, attempt, worker, last.getAsInt());
            }
            taken.add(underlay.worker(id.project(), last.getAsInt()));
        }
        return Optional.of(taken);
    }

    private OptionalInt has(LeaseId id, int attempt, int worker) {
        return first(database.sql(
                        "select last from lease_address where project = ? and lease = ? and attempt = ? and worker = ?"
                                + " and freed_at is null")
                .params(id.project(), id.lease(), attempt, worker)
                .query(Integer.class)
                .optional());
    }

    private OptionalInt free(int project, Instant freedBefore) {
        return first(database.sql("""
                        select candidate from generate_series(:first, :last) as candidate
                        left join lease_address on project = :project and last = candidate
                        where last is null or freed_at < :before
                        order by freed_at nulls first, candidate limit 1""")
                .param("first", underlay.firstWorker())
                .param("last", underlay.lastWorker())
                .param("project", project)
                .param("before", Timestamp.from(freedBefore))
                .query(Integer.class)
                .optional());
    }

    private static OptionalInt first(Optional<Integer> value) {
        return value.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    private void insert(LeaseId id, int attempt, int worker, int last) {
        database.sql("""
                        insert into lease_address (project, last, lease, worker, attempt) values (?, ?, ?, ?, ?)
                        on conflict (project, last) do update set lease = excluded.lease, worker = excluded.worker,
                          attempt = excluded.attempt, freed_at = null""")
                .params(id.project(), last, id.lease(), worker, attempt)
                .update();
    }

    /** Forgets the project's addresses that were given up before {@code freedBefore}; returns how many are left. */
    int forget(int project, Instant freedBefore) {
        database.sql("delete from lease_address where project = ? and freed_at < ?")
                .params(project, Timestamp.from(freedBefore))
                .update();
        return database.sql("select count(*) from lease_address where project = ?")
                .param(project)
                .query(Integer.class)
                .single();
    }

    /** Gives up whatever the lease has beside these addresses. */
    void keepOnly(LeaseId id, List<Ipv4> kept, Instant now) {
        List<Integer> lasts = kept.stream().map(address -> address.octet(3)).toList();
        database.sql("update lease_address set freed_at = :now where project = :project and lease = :lease"
                        + " and freed_at is null and last not in (:kept)")
                .param("now", Timestamp.from(now))
                .param("project", id.project())
                .param("lease", id.lease())
                .param("kept", lasts.isEmpty() ? List.of(0) : lasts)
                .update();
    }
}
