package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.database.TestDatabase;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The operators' pause: nothing is submitted, leases say why they wait, and what runs goes on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PauseIT {
    private final TestDatabase database = new TestDatabase();
    private final LeaseBench bench = new LeaseBench(database.source());

    @AfterEach
    void goesOn() {
        bench.leases().resumeSubmissions();
    }

    @AfterAll
    void databaseEnds() {
        database.close();
    }

    private void put(int n) {
        assertThat(bench.leases().put(1, n, LeaseBench.TWO)).isEqualTo(new Leases.Put.Recorded());
    }

    private void passes(int count) {
        for (int i = 0; i < count; i++) {
            bench.pass();
        }
    }

    private void ends(int n) throws InterruptedException {
        assertThat(bench.leases().release(1, n)).isTrue();
        for (int i = 0;
                i < 60
                        && !bench.leases()
                                .changes(1, 0, Duration.ZERO)
                                .orElseThrow()
                                .leases()
                                .isEmpty();
                i++) {
            bench.pass();
        }
        assertThat(bench.slurm.alive()).isEmpty();
        assertThat(bench.violations).isEmpty();
    }

    @Test
    void a_pause_outlives_the_backend_and_a_lease_waits_with_its_reason() throws Exception {
        int n = bench.leases().limits(1).nextLease();
        bench.leases().pauseSubmissions();
        put(n);
        long before = bench.leases().changes(1, 0, Duration.ZERO).orElseThrow().revision();
        passes(3);
        bench.restart(new Crashing(0, false));
        passes(30);
        assertThat(bench.slurm.alive()).isEmpty();
        assertThat(bench.leases().submissions().pausedSince()).isPresent();
        assertThat(bench.leases().submissions().brokenUntil()).isEqualTo(Optional.empty());
        assertThat(bench.leases()
                        .changes(1, before, Duration.ZERO)
                        .orElseThrow()
                        .leases())
                .as("the CVM is told once")
                .singleElement()
                .satisfies(lease -> {
                    assertThat(lease.state()).isEqualTo(LeaseState.QUEUED);
                    assertThat(lease.reason()).isEqualTo(ReasonCode.QUEUED_PAUSED);
                });
        bench.leases().resumeSubmissions();
        bench.until(LeaseState.RUNNING);
        ends(n);
    }

    @Test
    void a_lease_that_runs_goes_on_and_can_be_given_back() throws Exception {
        int n = bench.leases().limits(1).nextLease();
        put(n);
        bench.until(LeaseState.RUNNING);
        bench.leases().pauseSubmissions();
        passes(5);
        assertThat(bench.lease().view().state()).isEqualTo(LeaseState.RUNNING);
        ends(n);
    }

    @Test
    void a_submission_that_was_lost_is_not_repeated() throws Exception {
        int n = bench.leases().limits(1).nextLease();
        int jobs = bench.slurm.all().size();
        bench.slurm.mute(true);
        put(n);
        passes(1);
        bench.leases().pauseSubmissions();
        bench.slurm.mute(false);
        passes(30);
        assertThat(bench.slurm.all()).hasSize(jobs);
        bench.leases().resumeSubmissions();
        bench.until(LeaseState.RUNNING);
        assertThat(bench.slurm.all()).hasSize(jobs + 1);
        ends(n);
    }
}
