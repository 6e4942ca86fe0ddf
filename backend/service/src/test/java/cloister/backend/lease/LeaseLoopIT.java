package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.database.TestDatabase;
import cloister.backend.machine.MachineId;
import cloister.backend.project.Cvm;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Refusal;
import cloister.broker.LeaseList;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeaseLoopIT {
    private static final Cvm.Place PLACE = new Cvm.Place("vmhost1", Ipv4.parse("10.77.1.10"));
    private static final Cvm.Drive KEPT = new Cvm.Drive.Kept(PLACE);

    private final TestDatabase database = new TestDatabase();

    @AfterAll
    void databaseEnds() {
        database.close();
    }

    private LeaseBench bench() {
        LeaseBench bench = new LeaseBench(database.source());
        assertThat(bench.leases().put(1, 1, LeaseBench.TWO)).isEqualTo(new Leases.Put.Recorded());
        return bench;
    }

    private static void nothingIsLeft(LeaseBench bench, ReasonCode reason) {
        assertThat(bench.lease().view().reason()).isEqualTo(reason);
        assertThat(bench.live()).as("machines").isEmpty();
        assertThat(bench.slurm.alive()).as("placeholders").isEmpty();
        assertThat(bench.addressesInUse()).as("addresses").isZero();
        assertThat(bench.violations).isEmpty();
    }

    @Test
    void the_end_is_told_after_the_machines_and_before_the_placeholder() throws Exception {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        assertThat(bench.endings).isEmpty();
        assertThat(bench.leases().release(1, 1)).isTrue();
        bench.until(LeaseState.ENDED);
        PlaceholderEnding ending = new PlaceholderEnding(
                new LeaseId(1, 1), 1, 100, bench.slurm.known(100).submitted(), LeaseBench.TWO.gpus());
        assertThat(bench.endings).containsExactly(new LeaseBench.Told(ending, PlaceholderState.RUNNING, 0));
    }

    @Test
    void a_lease_runs_on_the_hosts_that_slurm_chose_and_ends_without_a_trace() throws Exception {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        assertThat(bench.lease().hosts()).containsExactly("vmhost1", "vmhost2");
        assertThat(bench.lease().view().workers())
                .allMatch(worker -> worker.state() == WorkerState.READY && worker.tlsSpki() != null)
                .extracting(worker -> worker.address())
                .containsExactly("10.77.1.16", "10.77.1.17");
        assertThat(bench.slurm.request(100).memoryMiBPerTask())
                .as("shape and overhead")
                .isEqualTo(512 + 256);
        assertThat(bench.slurm.request(100).account()).isEqualTo("p1");
        assertThat(bench.slurm.request(100).wckey()).isEqualTo("m1");
        assertThat(bench.slurm.request(100).warning()).contains(LeaseRoom.QUICK.warning());
        assertThat(bench.leases().release(1, 1)).isTrue();
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.RELEASED);
        assertThat(bench.slurm.known(100).state()).isEqualTo(PlaceholderState.COMPLETED);
        assertThat(bench.slurm.answers()).isEmpty();
        assertThat(bench.leases().changes(1, 0, Duration.ZERO).orElseThrow().leases())
                .isEmpty();
    }

    /** Each news locks the project's row, which the project's next wish waits for. */
    @Test
    void from_the_wish_to_the_queue_the_cvm_hears_nothing_new() throws Exception {
        LeaseBench bench = bench();
        LeaseList asked = bench.leases().changes(1, 0, Duration.ZERO).orElseThrow();
        assertThat(asked.leases()).extracting(LeaseList.Lease::reason).containsExactly(ReasonCode.QUEUED_OTHER);
        bench.pass();
        assertThat(bench.lease().job()).hasValue(100);
        assertThat(bench.leases().changes(1, 0, Duration.ZERO)).contains(asked);
    }

    /** Runs a story with the backend killed before and after each of its calls that change the world. */
    private void killedAtEveryCall(Consumer<LeaseBench> story, Consumer<LeaseBench> check) {
        int crashes = 0;
        for (boolean before : List.of(true, false)) {
            for (int call = 1; ; call++) {
                LeaseBench bench = new LeaseBench(database.source());
                Crashing crashing = new Crashing(call, before);
                bench.restart(crashing);
                assertThat(bench.leases().put(1, 1, LeaseBench.TWO)).isEqualTo(new Leases.Put.Recorded());
                story.accept(bench);
                check.accept(bench);
                if (!crashing.dead()) {
                    break;
                }
                crashes++;
            }
        }
        assertThat(crashes).as("calls at which it was killed").isGreaterThan(10);
    }

    @Test
    void a_backend_killed_at_any_call_of_a_lease_that_ran_goes_on() {
        killedAtEveryCall(
                bench -> {
                    bench.until(LeaseState.RUNNING);
                    bench.leases().release(1, 1);
                    bench.until(LeaseState.ENDED);
                },
                bench -> {
                    nothingIsLeft(bench, ReasonCode.RELEASED);
                    assertThat(bench.slurm.all())
                            .as("one placeholder, never two")
                            .hasSize(1);
                    assertThat(bench.slurm.known(100).state()).isEqualTo(PlaceholderState.COMPLETED);
                });
    }

    @Test
    void a_backend_killed_at_any_call_of_a_lease_that_never_boots_goes_on() {
        killedAtEveryCall(
                bench -> {
                    bench.guestsSpeak = false;
                    bench.until(LeaseState.ENDED);
                },
                bench -> {
                    nothingIsLeft(bench, ReasonCode.BOOT_FAILED);
                    assertThat(bench.slurm.all()).as("three attempts").hasSize(3);
                });
    }

    @Test
    void a_lease_given_back_while_it_boots_loses_its_machines_first() {
        LeaseBench bench = bench();
        bench.guestsSpeak = false;
        bench.until(LeaseState.STARTING);
        bench.pass();
        assertThat(bench.live()).hasSize(2);
        bench.leases().release(1, 1);
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.RELEASED);
        assertThat(bench.slurm.known(100).state()).isEqualTo(PlaceholderState.CANCELLED);
    }

    @Test
    void a_second_attempt_follows_a_boot_that_failed_and_may_succeed() {
        LeaseBench bench = bench();
        bench.guestsSpeak = false;
        for (int i = 0; i < 40 && bench.slurm.all().size() < 2; i++) {
            bench.pass();
        }
        assertThat(bench.slurm.all()).extracting(job -> job.mark().attempt()).containsExactly(1, 2);
        bench.forgetKeys();
        bench.guestsSpeak = true;
        bench.until(LeaseState.RUNNING);
        assertThat(bench.lease().view().workers())
                .extracting(worker -> worker.address())
                .as("the first attempt's addresses are in quarantine")
                .containsExactly("10.77.1.18", "10.77.1.19");
    }

    @Test
    void a_submission_whose_answer_was_lost_is_found_and_not_repeated() {
        LeaseBench bench = bench();
        bench.slurm.swallows(true);
        bench.until(LeaseState.RUNNING);
        assertThat(bench.slurm.all()).hasSize(1);
    }

    @Test
    void a_refused_submission_ends_the_lease() {
        LeaseBench bench = bench();
        bench.slurm.refuses(Refusal.PARTITION);
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.REFUSED_BY_CLUSTER);
    }

    @ParameterizedTest
    @EnumSource(names = {"ACCOUNT", "WCKEY"})
    void a_lease_waits_for_the_accounting_to_know_its_project(Refusal unknown) {
        LeaseBench bench = bench();
        bench.slurm.refuses(unknown);
        for (int i = 0; i < 120; i++) {
            bench.pass();
            assertThat(bench.lease().view().state()).isEqualTo(LeaseState.QUEUED);
        }
        assertThat(bench.lease().view().reason()).isEqualTo(ReasonCode.QUEUED_ACCOUNT);
        bench.slurm.refuses(null);
        bench.until(LeaseState.RUNNING);
        assertThat(bench.slurm.all()).hasSize(1);
    }

    @Test
    void a_slurm_that_says_nothing_ends_nothing() {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        bench.slurm.mute(true);
        for (int i = 0; i < 60; i++) {
            bench.pass();
        }
        assertThat(bench.lease().view().state()).isEqualTo(LeaseState.RUNNING);
        assertThat(bench.live()).hasSize(2);
    }

    @Test
    void every_end_that_slurm_can_give_a_placeholder_takes_its_machines_with_it() {
        List<PlaceholderState> ends = new ArrayList<>();
        for (PlaceholderState state : PlaceholderState.values()) {
            if (state.terminal()) {
                LeaseBench bench = bench();
                bench.until(LeaseState.RUNNING);
                // The host's Epilog would see to the machines first; here the backend is the only one.
                bench.slurm.watcher = _ -> {};
                bench.slurm.become(100, state);
                bench.until(LeaseState.ENDED);
                nothingIsLeft(bench, Cluster.ended(state));
                ends.add(state);
            }
        }
        assertThat(ends).hasSize(10);
    }

    @Test
    void a_placeholder_that_nobody_knows_any_more_takes_its_machines_with_it() {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        bench.slurm.forget(100);
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.CLUSTER_FAILED);
    }

    @Test
    void a_machine_that_dies_is_gone_for_the_cvm_and_the_others_stay() {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        bench.machines.die(new MachineId(1, 1, 2));
        for (int i = 0; i < 5; i++) {
            bench.pass();
        }
        assertThat(bench.lease().view().state()).isEqualTo(LeaseState.RUNNING);
        assertThat(bench.lease().view().reason()).isEqualTo(ReasonCode.WORKER_LOST);
        assertThat(bench.lease().view().workers())
                .extracting(worker -> worker.state())
                .containsExactly(WorkerState.READY, WorkerState.GONE);
        assertThat(bench.addressesInUse()).isEqualTo(1);
        bench.machines.die(new MachineId(1, 1, 1));
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.WORKER_LOST);
    }

    @Test
    void a_host_that_does_not_answer_holds_the_placeholder_until_its_machine_is_known_to_be_gone() {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        bench.machines.freeze("vmhost2");
        bench.leases().release(1, 1);
        for (int i = 0; i < 30; i++) {
            bench.pass();
        }
        assertThat(bench.lease().view().state()).isEqualTo(LeaseState.ENDING);
        assertThat(bench.slurm.known(100).state()).isEqualTo(PlaceholderState.RUNNING);
        bench.machines.thaw("vmhost2");
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.RELEASED);
    }

    @Test
    void one_worker_given_back_early_leaves_the_other() {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        assertThat(bench.leases().releaseWorker(1, 1, 1)).isTrue();
        assertThat(bench.leases().releaseWorker(1, 1, 3)).isFalse();
        bench.pass();
        bench.pass();
        assertThat(bench.live()).hasSize(1);
        assertThat(bench.lease().view().state()).isEqualTo(LeaseState.RUNNING);
        bench.leases().releaseWorker(1, 1, 2);
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.RELEASED);
    }

    @Test
    void a_lease_ends_with_its_term() {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        for (int i = 0; i < 600; i++) {
            bench.pass();
        }
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.TERM_REACHED);
    }

    @Test
    void leases_end_when_their_cvm_is_gone_with_its_drive() {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        bench.projects.become(new Cvm.Off(Cvm.Why.ASKED, new Cvm.Drive.Blank()));
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.RELEASED);
    }

    @Test
    void what_runs_outlives_its_cvm() {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        for (Cvm without : List.of(
                new Cvm.Stopping(PLACE, Cvm.Why.ASKED, KEPT),
                new Cvm.Off(Cvm.Why.ASKED, KEPT),
                new Cvm.Starting(PLACE, Instant.MAX, KEPT),
                new Cvm.Up(PLACE, MachineKey.generate().spki(), "ssh-ed25519 BBBB", 1, Instant.EPOCH))) {
            bench.projects.become(without);
            for (int i = 0; i < 5; i++) {
                bench.pass();
            }
            assertThat(bench.lease().view().state()).as(without.toString()).isEqualTo(LeaseState.RUNNING);
        }
    }

    @Test
    void what_only_waits_waits_for_its_cvms_next_start_and_ends_when_none_is_coming() {
        LeaseBench bench = bench();
        bench.hostsAreChosen = false;
        bench.until(LeaseState.QUEUED);
        bench.projects.become(new Cvm.Starting(PLACE, Instant.MAX, KEPT));
        for (int i = 0; i < 5; i++) {
            bench.pass();
        }
        assertThat(bench.lease().view().state()).isEqualTo(LeaseState.QUEUED);
        bench.projects.become(new Cvm.Off(Cvm.Why.ASKED, KEPT));
        bench.until(LeaseState.ENDED);
        nothingIsLeft(bench, ReasonCode.RELEASED);
    }

    @Test
    void a_second_placeholder_with_the_mark_of_a_lease_is_cancelled_and_a_strangers_left_alone() {
        LeaseBench bench = bench();
        bench.until(LeaseState.RUNNING);
        bench.slurm.watcher = _ -> {};
        bench.hostsAreChosen = false;
        bench.slurm.submit(bench.slurm.request(100));
        bench.pass();
        assertThat(bench.slurm.known(101).state()).isEqualTo(PlaceholderState.CANCELLED);
        bench.leases().release(1, 1);
        bench.until(LeaseState.ENDED);
        bench.slurm.submit(bench.slurm.request(100));
        // While no lease lives, Slurm is asked every ten seconds only.
        for (int i = 0; i < 11; i++) {
            bench.pass();
        }
        assertThat(bench.slurm.known(102).state()).as("of an ended lease").isEqualTo(PlaceholderState.CANCELLED);
        bench.database.sql("truncate lease, lease_usage").update();
        bench.slurm.submit(bench.slurm.request(100));
        for (int i = 0; i < 11; i++) {
            bench.pass();
        }
        assertThat(bench.slurm.alive())
                .as("not in our books")
                .extracting(Placeholder::job)
                .containsExactly(103L);
    }
}
