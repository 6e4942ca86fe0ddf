package cloister.cvm.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.cvm.demand.Need;
import cloister.cvm.demand.Tenant;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.slurm.Node;
import cloister.cvm.slurm.NodeState;
import cloister.cvm.worker.Guest;
import cloister.cvm.worker.Worker;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TrackedTest {
    private static final Need SIZE = new Need(2, 700);

    private final Instant now = Instant.ofEpochSecond(1_800_000_000);
    private final Tracked worker = new Tracked(new WorkerKey(4, 1), now);

    private static Node node(NodeState state, long lastBusy) {
        return new Node(new WorkerKey(4, 1), state, SIZE, state == NodeState.BUSY ? SIZE : new Need(0, 0), lastBusy);
    }

    private void serving() {
        worker.become(new Worker.Serving(new Guest("10.77.1.16", "key"), now));
        worker.look(node(NodeState.BUSY, 0), now);
    }

    private Instant idleSince() {
        return worker.slot(SIZE, 0, 10, new Tenant.Everybody()).since();
    }

    @Test
    void it_is_idle_since_its_job_ended_and_not_since_that_was_seen() {
        serving();
        Instant ended = now.plusSeconds(20);
        worker.look(node(NodeState.FREE, ended.getEpochSecond()), ended.plusSeconds(7));
        assertThat(idleSince()).isEqualTo(ended);

        Instant again = ended.plusSeconds(10);
        worker.look(node(NodeState.FREE, again.getEpochSecond()), again.plusSeconds(7));
        assertThat(idleSince()).as("a job came and went").isEqualTo(again);
    }

    @Test
    void it_is_idle_since_that_was_seen_where_slurm_knows_no_job() {
        serving();
        worker.look(node(NodeState.DRAINED, 0), now.plusSeconds(10));
        worker.look(node(NodeState.FREE, 0), now.plusSeconds(20));
        assertThat(idleSince()).isEqualTo(now.plusSeconds(20));
    }

    @Test
    void it_awaits_a_look_while_it_joins_or_drains_or_when_its_node_was_not_there() {
        Guest guest = new Guest("10.77.1.16", "key");
        assertThat(worker.awaitsLook()).isFalse();
        worker.become(new Worker.Registering(guest, 0, now));
        assertThat(worker.awaitsLook()).isTrue();
        serving();
        assertThat(worker.awaitsLook()).isFalse();
        worker.missed();
        assertThat(worker.awaitsLook()).isTrue();
        serving();
        worker.become(new Worker.Draining(guest, now));
        assertThat(worker.awaitsLook()).isTrue();
    }
}
