package cloister.cvm.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.worker.Effect;
import cloister.cvm.worker.Guest;
import cloister.cvm.worker.Life;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When the workers of a lease join, and whom each of them is told of. */
class NeighboursTest {
    private static final WorkerKey FIRST = new WorkerKey(4, 1);
    private static final WorkerKey SECOND = new WorkerKey(4, 2);
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Fleet fleet = new Fleet(new Life(new Life.Patience(LONG, LONG, LONG, LONG, LONG, 3)));
    private final Instant now = Instant.ofEpochSecond(1_800_000_000);

    @BeforeEach
    void two() {
        fleet.recall(4, new LeaseRequest(1, 2, 2, 1024, GpuKind.NONE, 0, 1024, 30, false), now);
        fleet.heardAll(new LeaseList(1, List.of(lease(LeaseState.QUEUED))), now);
        fleet.acts();
    }

    private static LeaseList.Lease lease(LeaseState state, LeaseList.Worker... workers) {
        return new LeaseList.Lease(4, state, ReasonCode.NONE, 1_800_002_000L, null, List.of(workers));
    }

    private void heard(long revision, LeaseState state, LeaseList.Worker... workers) {
        fleet.heardChanges(new LeaseList(revision, List.of(lease(state, workers))), now);
    }

    private static LeaseList.Worker ready(int k) {
        return new LeaseList.Worker(k, WorkerState.READY, "10.77.1." + (15 + k), "key" + k);
    }

    @Test
    void workers_join_when_all_of_their_lease_said_hello_and_know_each_other() {
        LeaseList.Worker boots = new LeaseList.Worker(2, WorkerState.STARTING, null, null);
        heard(2, LeaseState.STARTING, ready(1), boots);
        assertThat(fleet.acts()).isEmpty();

        heard(3, LeaseState.RUNNING, ready(1), ready(2));
        assertThat(fleet.acts())
                .containsExactly(
                        new Act.ForWorker(FIRST, new Effect.Join(new Guest("10.77.1.16", "key1"))),
                        new Act.ForWorker(SECOND, new Effect.Join(new Guest("10.77.1.17", "key2"))));
        assertThat(fleet.neighbours(FIRST)).isEqualTo(Map.of(SECOND, "10.77.1.17"));
        assertThat(fleet.neighbours(SECOND)).isEqualTo(Map.of(FIRST, "10.77.1.16"));
    }

    @Test
    void a_worker_that_is_gone_is_waited_for_no_longer_and_is_nobodys_neighbour() {
        LeaseList.Worker gone = new LeaseList.Worker(2, WorkerState.GONE, null, null);
        heard(2, LeaseState.RUNNING, ready(1), gone);
        assertThat(fleet.acts())
                .containsExactly(new Act.ForWorker(FIRST, new Effect.Join(new Guest("10.77.1.16", "key1"))));
        assertThat(fleet.neighbours(FIRST)).isEmpty();
    }
}
