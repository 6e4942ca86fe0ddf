package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.database.TestDatabase;
import cloister.backend.lease.testing.FakeSlurm;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Placeholders;
import cloister.bridge.Share;
import cloister.bridge.Survey;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a pass asks of others does not grow with the number of leases that go on as they were. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FlatPassIT {
    private final TestDatabase database = new TestDatabase();
    private final CountingSource source = new CountingSource(database.source());
    private final Fleet fleet = new Fleet(source);
    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());

    @AfterAll
    void databaseEnds() {
        database.close();
    }

    /** What is asked of Slurm is noted when it has answered. */
    private LeaseRoom room(Placeholders slurm, CountedTasks tasks) {
        calls.clear();
        return LeaseRoom.in(
                new LeaseRoom.Around(
                        source,
                        InstantSource.system(),
                        noted(slurm),
                        new FakeSlurm(),
                        fleet,
                        fleet.projects(),
                        fleet,
                        _ -> {},
                        tasks),
                LeaseRoom.QUICK,
                200);
    }

    private Placeholders noted(Placeholders slurm) {
        return (Placeholders) Proxy.newProxyInstance(
                Placeholders.class.getClassLoader(), new Class<?>[] {Placeholders.class}, (_, method, arguments) -> {
                    try {
                        return method.invoke(slurm, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    } finally {
                        calls.add(method.getName());
                    }
                });
    }

    private static Placeholder running(int job) {
        Mark mark = new Mark(1 + (job - 1) / Fleet.LEASES_OF_A_PROJECT, 1 + (job - 1) % Fleet.LEASES_OF_A_PROJECT, 1);
        return new Placeholder(
                job,
                Instant.EPOCH,
                0,
                mark,
                PlaceholderState.RUNNING,
                "",
                Optional.empty(),
                List.of(new Share(SimulatedSlurmrestd.host(job), 1)),
                Optional.of(Duration.ofMinutes(SimulatedSlurmrestd.limitMinutes())),
                Optional.empty());
    }

    /** Trips to the database and questions to hosts of one pass over so many leases. */
    private List<Integer> costs(int leases) {
        fleet.running(leases);
        Placeholders all = new Listing(
                IntStream.rangeClosed(1, leases).mapToObj(FlatPassIT::running).toList());
        CountedTasks tasks = new CountedTasks();
        LeaseRoom room = room(all, tasks);
        int trips = source.taken();
        fleet.surveyed().clear();
        room.loop().pass();
        tasks.await();
        assertThat(calls).containsExactly("list");
        return List.of(source.taken() - trips, fleet.surveyed().size());
    }

    @Test
    void many_leases_that_go_on_cost_as_many_trips_as_few_and_each_host_is_asked_once() {
        assertThat(costs(3)).isEqualTo(List.of(2, 3));
        // Two on each of 400 hosts.
        assertThat(costs(800)).isEqualTo(List.of(2, 400));
        assertThat(fleet.surveyed()).doesNotHaveDuplicates();
    }

    @Test
    void a_new_lease_is_submitted_without_waiting_for_what_slurm_has() {
        fleet.projects(1);
        CountedTasks tasks = new CountedTasks();
        LeaseRoom room = room(
                new Listing(List.of()) {
                    @Override
                    public Survey list() {
                        tasks.await();
                        return super.list();
                    }
                },
                tasks);
        assertThat(room.leases().put(1, 1, Fleet.WISH)).isEqualTo(new Leases.Put.Recorded());
        room.loop().pass();
        tasks.await();
        assertThat(calls).containsExactly("submit", "list");
    }

    @Test
    void a_new_lease_of_a_cvm_that_is_gone_is_not_submitted() {
        fleet.projects(1);
        CountedTasks tasks = new CountedTasks();
        LeaseRoom room = room(new Listing(List.of()), tasks);
        assertThat(room.leases().put(1, 1, Fleet.WISH)).isEqualTo(new Leases.Put.Recorded());
        fleet.noCvm(1);
        room.loop().pass();
        tasks.await();
        assertThat(calls).containsExactly("list");
    }
}
