package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.backend.database.TestDatabase;
import cloister.broker.GpuKind;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.ReasonCode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Wishes that are taken into the books of a real database in one transaction. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WishesIT {
    private static final int MOST_WORKERS = 5;

    private final TestDatabase database = new TestDatabase();
    private final Fleet fleet = new Fleet(database.source());
    private final JdbcClient tables = JdbcClient.create(database.source());
    private final LeaseStore store = new LeaseStore(tables);
    private final TransactionTemplate transactions =
            new TransactionTemplate(new DataSourceTransactionManager(database.source()));
    private final Wishes wishes = new Wishes(
            store, fleet.projects(), new LimitsConfig(4, 4096, MOST_WORKERS, 240, 4096, 0, List.of()), transactions);

    @AfterAll
    void databaseEnds() {
        database.close();
    }

    @BeforeEach
    void threeProjects() {
        fleet.projects(3);
    }

    private static LeaseRequest of(int member, int workers) {
        return new LeaseRequest(member, workers, 1, 512, GpuKind.NONE, 0, 0, 60, false);
    }

    private static Wishes.Wish wish(int project, int n, LeaseRequest wish) {
        return new Wishes.Wish(new LeaseId(project, n), wish);
    }

    private List<Leases.Put> said(Wishes.Wish... together) {
        return wishes.all(List.of(together)).stream().map(Wishes.Taken::put).toList();
    }

    @Test
    void each_of_them_counts_for_those_that_follow_it() {
        assertThat(said(
                        wish(2, 1, of(1, 2)),
                        wish(1, 1, of(1, 5)),
                        wish(2, 2, of(1, 2)),
                        wish(2, 2, of(1, 2)),
                        wish(2, 1, of(1, 1)),
                        wish(2, 3, of(1, 2)),
                        wish(2, 3, of(7, 1)),
                        wish(2, 4, of(1, 1)),
                        wish(2, 3, of(1, 1))))
                .containsExactly(
                        new Leases.Put.Recorded(),
                        new Leases.Put.Recorded(),
                        new Leases.Put.Recorded(),
                        new Leases.Put.Recorded(),
                        new Leases.Put.Conflict(),
                        new Leases.Put.BeyondLimits("workers"),
                        new Leases.Put.BeyondLimits("member"),
                        new Leases.Put.OutOfStep(3),
                        new Leases.Put.Recorded());
        assertThat(tables.sql("select project || '.' || lease || ' ' || workers from lease order by project, lease")
                        .query(String.class)
                        .list())
                .containsExactly("1.1 5", "2.1 2", "2.2 2", "2.3 1");
        // The news of a project are one, whatever their number; who wished for nothing hears none.
        assertThat(List.of(store.revision(1), store.revision(2), store.revision(3)))
                .containsExactly(2L, 2L, 1L);
        assertThat(List.of(store.next(1), store.next(2), store.next(3))).containsExactly(2, 4, 1);
        assertThat(store.changed(2, 1)).hasSize(3);
    }

    @Test
    void what_was_taken_before_counts_too() {
        said(wish(1, 1, of(1, 4)));

        assertThat(said(wish(1, 2, of(1, 2)), wish(1, 1, of(1, 4)), wish(1, 2, of(1, 1))))
                .containsExactly(
                        new Leases.Put.BeyondLimits("workers"), new Leases.Put.Recorded(), new Leases.Put.Recorded());
    }

    @Test
    void one_that_fails_takes_none_of_the_others_with_it() throws Exception {
        LeaseId nowhere = new LeaseId(200, 1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> one = threads.submit(() -> wishes.take(nowhere, of(1, 1)));
            List<Future<Wishes.Taken>> others = List.of(1, 2, 3).stream()
                    .map(project -> threads.submit(() -> wishes.take(new LeaseId(project, 1), of(1, 1))))
                    .toList();
            for (Future<Wishes.Taken> other : others) {
                assertThat(other.get().put()).isEqualTo(new Leases.Put.Recorded());
            }
            assertThatThrownBy(one::get).rootCause().hasMessageContaining("project 200");
        }
    }

    @Test
    void who_locks_several_projects_locks_them_by_number() throws Exception {
        said(wish(1, 1, of(1, 1)), wish(2, 1, of(1, 1)), wish(3, 1, of(1, 1)));
        assertThat(freeWhileTheSecondIsLocked(
                        () -> said(wish(3, 2, of(1, 1)), wish(2, 2, of(1, 1)), wish(1, 2, of(1, 1)))))
                .containsExactly(3);
        Lease next = new Lease.Recorded(2, Instant.EPOCH, ReasonCode.NONE);
        assertThat(freeWhileTheSecondIsLocked(() -> transactions.executeWithoutResult(_ -> store.save(List.of(
                        new LeaseStore.Change(new LeaseId(3, 1), next, true),
                        new LeaseStore.Change(new LeaseId(1, 1), next, true),
                        new LeaseStore.Change(new LeaseId(2, 1), next, true))))))
                .containsExactly(3);
    }

    private List<Integer> freeWhileTheSecondIsLocked(Runnable work) throws Exception {
        // Now the first lies behind the others, and PostgreSQL knows that they are few enough to read them as they lie.
        tables.sql("update project set idle_seconds = 301 where number = 1").update();
        tables.sql("analyze project").update();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?>[] begun = new Future<?>[1];
            List<Integer> free = transactions.execute(_ -> {
                tables.sql("select number from project where number = 2 for update")
                        .query(Integer.class)
                        .single();
                begun[0] = threads.submit(work);
                awaitSomebodyWhoWaits();
                return tables.sql("select number from project where number <> 2 order by number for update skip locked")
                        .query(Integer.class)
                        .list();
            });
            begun[0].get(1, TimeUnit.MINUTES);
            return free;
        }
    }

    private void awaitSomebodyWhoWaits() {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (tables.sql("select count(*) from pg_locks where not granted")
                        .query(Integer.class)
                        .single()
                == 0) {
            assertThat(System.nanoTime())
                    .as("somebody waits for the second project")
                    .isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private void spent(int project, int lease, String started, String ended) {
        tables.sql("update lease set live = " + (ended.isEmpty() ? "true" : "false") + ", started_at = " + started
                        + (ended.isEmpty() ? "" : ", ended_at = " + ended) + " where project = ? and lease = ?")
                .params(project, lease)
                .update();
    }

    private static LeaseRequest of(int workers, int cpus, int termMin) {
        return new LeaseRequest(1, workers, cpus, 512, GpuKind.NONE, 0, 0, termMin, false);
    }

    private List<ReasonCode> reasons(int project) {
        return store.changed(project, 1).stream().map(LeaseList.Lease::reason).toList();
    }

    @Test
    void what_goes_beyond_the_projects_day_is_recorded_and_over_with_its_reason() {
        tables.sql("update project set day_cpu_min = 240 where number = 1").update();

        // 2 × 1 × 60 + 1 × 2 × 60 are the day; the refused one counts for nothing, neither here nor as a live worker.
        assertThat(said(
                        wish(1, 1, of(2, 1, 60)),
                        wish(1, 2, of(2, 2, 60)),
                        wish(1, 3, of(1, 2, 60)),
                        wish(1, 4, of(1, 1, 5)),
                        wish(2, 1, of(5, 4, 240))))
                .containsOnly(new Leases.Put.Recorded());
        assertThat(reasons(1))
                .containsExactly(
                        ReasonCode.QUEUED_OTHER, ReasonCode.DAY_LIMIT, ReasonCode.QUEUED_OTHER, ReasonCode.DAY_LIMIT);
        assertThat(said(wish(1, 4, of(1, 1, 5)), wish(1, 5, of(1, 1, 5))))
                .as("a repeat, and another")
                .containsOnly(new Leases.Put.Recorded());
        assertThat(store.live(1, OptionalInt.empty())).isEqualTo(2);
    }

    @Test
    void a_lease_that_is_over_counts_as_long_as_it_held_hosts_today() {
        String midnight = "date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'";
        said(wish(1, 1, of(1, 4, 240)), wish(1, 2, of(1, 4, 240)), wish(1, 3, of(1, 1, 60)), wish(1, 4, of(1, 1, 60)));
        tables.sql("update project set day_cpu_min = 1000 where number = 1").update();
        assertThat(store.holdBooks(List.of(wish(1, 5, of(1, 1, 5)))).get(1))
                .extracting(LeaseStore.Books::spentCpuMin)
                .isEqualTo(2 * 960L + 120);

        spent(1, 1, "now() - interval '10 minutes'", "greatest(now() - interval '5 minutes', " + midnight + ")");
        // Half an hour of its own on the day before.
        spent(1, 2, midnight + " - interval '30 minutes'", "");
        spent(1, 3, "null", "now()");
        spent(1, 4, midnight + " - interval '2 hours'", midnight + " - interval '1 hour'");
        assertThat(store.holdBooks(List.of(wish(1, 5, of(1, 1, 5)))).get(1))
                .extracting(LeaseStore.Books::spentCpuMin)
                .matches(spent -> spent >= 4 * 210 && spent <= 4 * 210 + 4 * 5 + 1);
    }

    @Test
    void what_holds_hosts_and_what_is_over_is_noted_with_its_time() {
        said(wish(1, 1, of(1, 1, 60)));
        LeaseId id = new LeaseId(1, 1);
        Hold hold = new Hold(1, 7, Instant.EPOCH, 0, "vmhost1", Instant.EPOCH, Duration.ofHours(1));
        store.save(List.of(new LeaseStore.Change(id, new Lease.Starting(hold, Instant.EPOCH, List.of()), true)));
        assertThat(noted()).isEqualTo("true false");
        store.save(List.of(new LeaseStore.Change(id, new Lease.Ended(ReasonCode.RELEASED), true)));
        assertThat(noted()).isEqualTo("true true");
    }

    private String noted() {
        return tables.sql("select (started_at is not null) || ' ' || (ended_at is not null) from lease")
                .query(String.class)
                .single();
    }
}
