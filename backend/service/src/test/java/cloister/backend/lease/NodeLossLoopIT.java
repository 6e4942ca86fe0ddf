package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.database.TestDatabase;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Share;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A host is lost under a lease of two workers; the loop, the books and the database are the real ones. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeLossLoopIT {
    private static final int LONG_ENOUGH = (int) LeaseRoom.QUICK.hostLost().toSeconds() + 3;

    private final TestDatabase database = new TestDatabase();

    @AfterAll
    void databaseEnds() {
        database.close();
    }

    private LeaseBench running() {
        LeaseBench bench = new LeaseBench(database.source());
        assertThat(bench.leases().put(1, 1, LeaseBench.TWO)).isEqualTo(new Leases.Put.Recorded());
        bench.until(LeaseState.RUNNING);
        return bench;
    }

    private static void passes(LeaseBench bench, int count) {
        for (int i = 0; i < count; i++) {
            bench.pass();
        }
    }

    @Test
    void a_host_that_neither_answers_us_nor_slurm_is_given_back_and_the_lease_goes_on() {
        LeaseBench bench = running();
        assertThat(bench.slurm.request(100).outlivesHosts()).isTrue();
        bench.machines.freeze("vmhost2");
        bench.slurm.loses("vmhost2");
        passes(bench, LONG_ENOUGH);
        assertThat(bench.lease().view().state()).isEqualTo(LeaseState.RUNNING);
        assertThat(bench.lease().view().reason()).isEqualTo(ReasonCode.HOST_LOST);
        assertThat(bench.lease().view().workers())
                .extracting(worker -> worker.state())
                .containsExactly(WorkerState.READY, WorkerState.GONE);
        assertThat(bench.slurm.known(100).shares()).containsExactly(new Share("vmhost1", 1));

        bench.machines.thaw("vmhost2");
        bench.slurm.finds("vmhost2");
        assertThat(bench.live()).as("it still lives there").hasSize(2);
        bench.pass();
        assertThat(bench.live()).as("destroyed at the first look").hasSize(1);
        bench.leases().release(1, 1);
        bench.until(LeaseState.ENDED);
        assertThat(bench.slurm.known(100).state()).isEqualTo(PlaceholderState.COMPLETED);
        assertThat(bench.addressesInUse()).isZero();
    }

    @Test
    void neither_silence_to_us_nor_silence_to_slurm_nor_a_short_one_of_both_loses_a_host() {
        LeaseBench bench = running();
        bench.machines.freeze("vmhost2");
        passes(bench, 3 * LONG_ENOUGH);
        assertThat(bench.lease().view().reason()).as("Slurm hears it").isEqualTo(ReasonCode.NONE);
        bench.machines.thaw("vmhost2");
        bench.slurm.loses("vmhost2");
        passes(bench, 3 * LONG_ENOUGH);
        assertThat(bench.lease().view().reason()).as("we hear it").isEqualTo(ReasonCode.NONE);
        for (int i = 0; i < 5; i++) {
            bench.machines.freeze("vmhost2");
            passes(bench, 5);
            bench.machines.thaw("vmhost2");
            passes(bench, 2);
        }
        assertThat(bench.lease().view().reason()).as("it came back each time").isEqualTo(ReasonCode.NONE);
        assertThat(bench.live()).hasSize(2);
    }

    @Test
    void the_placeholder_does_not_wait_for_a_lost_host_but_the_lease_does() {
        LeaseBench bench = running();
        bench.machines.freeze("vmhost2");
        bench.slurm.loses("vmhost2");
        passes(bench, LONG_ENOUGH);
        bench.leases().release(1, 1);
        passes(bench, 5);
        assertThat(bench.slurm.known(100).state()).isEqualTo(PlaceholderState.COMPLETED);
        assertThat(bench.lease().view().state()).isEqualTo(LeaseState.ENDING);
        assertThat(bench.addressesInUse()).as("its machine may have it still").isEqualTo(1);
        bench.machines.thaw("vmhost2");
        bench.until(LeaseState.ENDED);
        assertThat(bench.live()).isEmpty();
        assertThat(bench.addressesInUse()).isZero();
    }
}
