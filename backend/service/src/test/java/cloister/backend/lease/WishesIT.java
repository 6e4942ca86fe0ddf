package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.backend.database.TestDatabase;
import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import cloister.broker.ReasonCode;
import java.time.Instant;
import java.util.List;
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
}
