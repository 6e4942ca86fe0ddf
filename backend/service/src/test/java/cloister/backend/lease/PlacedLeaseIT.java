package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import cloister.backend.database.TestDatabase;
import cloister.backend.host.Fit;
import cloister.backend.host.Placement;
import cloister.backend.host.testing.FakeHostMaps;
import cloister.backend.machine.Machine;
import cloister.bridge.Allocation;
import cloister.broker.LeaseState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Leases on hosts of which one has a map. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlacedLeaseIT {
    private static final Placement PLACEMENT = new Placement(
            List.of(new TreeSet<>(List.of(5, 13))), new TreeSet<>(List.of(5, 13)), List.of(), 0, List.of());
    private static final List<Allocation> GIVEN = List.of(host("vmhost1"), host("vmhost2"));

    private final TestDatabase database = new TestDatabase();

    @AfterAll
    void databaseEnds() {
        database.close();
    }

    private static Allocation host(String name) {
        return new Allocation(name, 1, 768, true, List.of(), Map.of());
    }

    private LeaseBench bench(Fit fit) {
        LeaseBench bench = new LeaseBench(database.source(), new FakeHostMaps(Map.of("vmhost1", fit)));
        assertThat(bench.leases().put(1, 1, LeaseBench.TWO)).isEqualTo(new Leases.Put.Recorded());
        return bench;
    }

    @Test
    void a_worker_is_started_where_slurm_put_it_once_slurm_says_where() {
        LeaseBench bench = bench(new Fit.Fits(PLACEMENT));
        bench.guestsSpeak = false;
        for (int i = 0; i < 3; i++) {
            bench.pass();
        }
        assertThat(bench.machines.live())
                .as("the host with a map waits for Slurm's word")
                .extracting(Machine::host)
                .containsExactly("vmhost2");
        bench.slurm.give(100, GIVEN);
        bench.guestsSpeak = true;
        bench.until(LeaseState.RUNNING);
        assertThat(bench.machines.live())
                .extracting(Machine::host, Machine::placement)
                .containsExactlyInAnyOrder(
                        tuple("vmhost1", Optional.of(PLACEMENT)), tuple("vmhost2", Optional.empty()));
    }

    @Test
    void a_place_that_cannot_be_is_a_worker_that_did_not_start() {
        LeaseBench bench = bench(new Fit.Refused("as the test wants it"));
        bench.pass();
        bench.slurm.all().forEach(job -> bench.slurm.give(job.job(), GIVEN));
        for (int i = 0; i < 3; i++) {
            bench.pass();
        }
        assertThat(bench.slurm.known(100).state().terminal())
                .as("nobody waits until its boot takes too long")
                .isTrue();
        for (int i = 0; i < 10 && bench.slurm.all().size() < 2; i++) {
            bench.pass();
        }
        assertThat(bench.slurm.all())
                .as("another attempt follows")
                .extracting(job -> job.mark().attempt())
                .startsWith(1, 2);
        assertThat(bench.machines.live()).extracting(Machine::host).doesNotContain("vmhost1");
        assertThat(bench.violations).isEmpty();
    }
}
