package cloister.backend.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.backend.database.TestDatabase;
import cloister.backend.lease.LeaseId;
import cloister.backend.lease.PlaceholderEnding;
import cloister.backend.ledger.Usage.Flag;
import cloister.backend.ledger.testing.FakeAccounting;
import cloister.backend.ledger.testing.OneHost;
import cloister.backend.ledger.testing.SomeProjects;
import cloister.backend.machine.Machine;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.testing.FakeMachines;
import cloister.bridge.JobRecord;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Resources;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** From hosts to slurmdbd and back, on a real database; hosts and slurmdbd in memory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LedgerRoomIT {
    private static final Instant START = Instant.parse("2026-01-01T12:00:00Z");
    private static final Mark MARK = new Mark(1, 3, 1);
    private static final long JOB = 100;
    private static final Resources FOUR = new Resources(4, 1024, 0, 2);

    private final TestDatabase database = new TestDatabase();
    private final JdbcClient rows = JdbcClient.create(database.source());
    private final LedgerStore store = new LedgerStore(rows);
    private FakeMachines machines = new FakeMachines();
    private FakeAccounting slurmdbd = new FakeAccounting();
    private Instant now = START;
    private Sampler sampler = sampler();

    @AfterAll
    void databaseEnds() {
        database.close();
    }

    @BeforeEach
    void begin() {
        rows.sql("truncate ledger_entry, ledger_sample, lease_usage, lease, member, project cascade")
                .update();
        machines = new FakeMachines();
        slurmdbd = new FakeAccounting();
        now = START;
        sampler = sampler();
        machines.ending = ending -> sampler.on(ending);
    }

    private Sampler sampler() {
        return new Sampler(
                new OneHost(),
                machines,
                store,
                slurmdbd,
                new TransactionTemplate(new DataSourceTransactionManager(database.source())),
                AssociationLoopIT.CONFIG,
                () -> now);
    }

    private Settlement settlement(LedgerConfig.Policy policy) {
        LedgerConfig config = AssociationLoopIT.CONFIG;
        return new Settlement(
                store,
                slurmdbd,
                new LedgerConfig(
                        policy,
                        config.parent(),
                        config.associations(),
                        config.recheck(),
                        config.sample(),
                        config.settle(),
                        config.tolerancePercent()),
                () -> now);
    }

    private Ledger ledger(LedgerConfig.Policy policy) {
        SomeProjects projects = new SomeProjects();
        projects.members(1, 1);
        return new StoredLedger(store, settlement(policy), slurmdbd, projects);
    }

    private Usage.Report usage(LedgerConfig.Policy policy) {
        return ledger(policy).usage(OptionalInt.of(1), START.minusSeconds(60), START.plus(Duration.ofDays(1)));
    }

    private void worker(int k) {
        machines.start(new Machine.Worker(
                id(k),
                "vmhost1",
                Ipv4.parse("10.77.1." + (15 + k)),
                MARK.attempt(),
                JOB,
                START,
                2,
                512,
                0,
                START.plusSeconds(3600),
                MachineKey.generate().spki().base64()));
    }

    private static MachineId id(int k) {
        return new MachineId(MARK.project(), MARK.lease(), k);
    }

    private void after(long seconds) {
        now = START.plusSeconds(seconds);
    }

    private void record(PlaceholderState state, long elapsed, Resources allocated) {
        record(state, elapsed, List.of(), allocated);
    }

    private void record(PlaceholderState state, long elapsed, List<JobRecord.Held> before, Resources allocated) {
        slurmdbd.record(job(START, state, elapsed, before, allocated));
    }

    private static JobRecord job(
            Instant begun, PlaceholderState state, long elapsed, List<JobRecord.Held> before, Resources allocated) {
        return new JobRecord(
                JOB,
                begun,
                Optional.of(MARK),
                "p1",
                "m1",
                state,
                Optional.of(begun),
                state.terminal() ? Optional.of(begun.plusSeconds(elapsed)) : Optional.empty(),
                elapsed,
                before,
                allocated,
                "vmhost1",
                "",
                "");
    }

    /** Two workers for 100 s: 150 s on cores, and 512 MiB each from the first look at 10 s. */
    private void twoWorkersRun() {
        worker(1);
        worker(2);
        after(10);
        machines.used(id(1), 5_000_000_000L);
        sampler.pass();
        after(40);
        machines.used(id(1), 50_000_000_000L);
        sampler.pass();
        after(100);
        machines.used(id(1), 90_000_000_000L);
        machines.used(id(2), 60_000_000_000L);
        machines.destroy("vmhost1", id(1));
        machines.destroy("vmhost1", id(2));
    }

    private void ends() {
        sampler.on(new PlaceholderEnding(new LeaseId(MARK.project(), MARK.lease()), 1, JOB, START, 0));
    }

    @Test
    void what_the_hosts_say_last_is_noted_before_the_placeholder_ends() {
        twoWorkersRun();
        ends();
        assertThat(slurmdbd.note(JOB)).isEqualTo("cloister:1:used:150:92160:0:2");
        assertThat(slurmdbd.calls()).containsExactly("note 100 cloister:1:used:150:92160:0:2");
    }

    @Test
    void a_killed_backend_loses_only_what_was_used_since_the_last_look() {
        worker(1);
        after(10);
        machines.used(id(1), 5_000_000_000L);
        sampler.pass();
        sampler = sampler();
        machines.die(id(1));
        after(40);
        sampler.pass();
        ends();
        assertThat(slurmdbd.note(JOB)).isEqualTo("cloister:1:used:5:0:0:2");
    }

    @Test
    void the_record_is_taken_down_once_and_never_edited_under_the_policy_allocated() {
        twoWorkersRun();
        record(PlaceholderState.RUNNING, 90, FOUR);
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).differences())
                .extracting(Usage.Difference::kind)
                .containsExactly(Usage.Kind.STILL_RUNNING);
        ends();
        record(PlaceholderState.COMPLETED, 100, FOUR);
        Usage.Report report = usage(LedgerConfig.Policy.ALLOCATED);
        assertThat(report.differences()).isEmpty();
        Usage.Row row = report.rows().getFirst();
        assertThat(row.given())
                .contains(new Usage.Given("COMPLETED", START, START.plusSeconds(100), 100, 4, 1024, 0, 2, 400));
        assertThat(row.usedCpuSeconds()).isEqualTo(150);
        assertThat(row.flags()).containsExactly(Flag.NOT_REPORTED);
        assertThat(slurmdbd.calls())
                .noneMatch(call -> call.startsWith("adjust"))
                .contains("forget 100");

        record(PlaceholderState.COMPLETED, 100, new Resources(3, 1024, 0, 2));
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).differences().getFirst().what())
                .isEqualTo("cpus 4 in the ledger, 3 in slurmdbd");
        slurmdbd.forget(JOB);
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).differences())
                .extracting(Usage.Difference::kind)
                .containsExactly(Usage.Kind.MISSING_IN_SLURMDBD);
    }

    @Test
    void under_the_policy_used_the_record_is_corrected_before_it_is_taken_down() {
        twoWorkersRun();
        ends();
        slurmdbd.adjusts(true);
        record(PlaceholderState.COMPLETED, 100, FOUR);
        Usage.Report report = usage(LedgerConfig.Policy.USED);
        assertThat(slurmdbd.calls()).contains("adjust 100 2 922");
        assertThat(report.differences()).isEmpty();
        assertThat(report.rows().getFirst().given().orElseThrow().cpuSeconds()).isEqualTo(200);
    }

    @Test
    void a_placeholder_that_gave_a_host_back_is_charged_for_what_it_held_when() {
        List<JobRecord.Held> before = List.of(new JobRecord.Held(30, FOUR));
        Resources two = new Resources(2, 512, 0, 1);
        twoWorkersRun();
        ends();
        slurmdbd.adjusts(true);
        record(PlaceholderState.COMPLETED, 100, before, two);
        Usage.Report report = usage(LedgerConfig.Policy.ALLOCATED);
        assertThat(report.differences()).isEmpty();
        assertThat(report.rows().getFirst().given())
                .contains(new Usage.Given(
                        "COMPLETED", START, START.plusSeconds(100), 100, 2, 512, 0, 1, 30 * 4 + 70 * 2));

        rows.sql("update ledger_entry set settled = false").update();
        report = usage(LedgerConfig.Policy.USED);
        assertThat(slurmdbd.calls()).as("it has several records").noneMatch(call -> call.startsWith("adjust"));
        assertThat(report.differences()).isEmpty();
        assertThat(report.rows().getFirst().given().orElseThrow().cpuSeconds()).isEqualTo(30 * 4 + 70 * 2);
    }

    @Test
    void the_rest_of_a_placeholder_that_began_before_the_period_is_no_difference() {
        Resources two = new Resources(2, 512, 0, 1);
        twoWorkersRun();
        ends();
        record(PlaceholderState.COMPLETED, 100, List.of(new JobRecord.Held(30, FOUR)), two);
        Instant resized = START.plusSeconds(30);
        slurmdbd.rest(job(resized, PlaceholderState.COMPLETED, 70, List.of(), two));
        Ledger ledger = ledger(LedgerConfig.Policy.ALLOCATED);
        Usage.Report report = ledger.usage(OptionalInt.of(1), resized, START.plus(Duration.ofDays(1)));
        assertThat(report.differences()).isEmpty();
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).rows()).hasSize(1);
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).differences()).isEmpty();
    }

    @Test
    void what_nobody_measured_is_charged_as_given_and_flagged() {
        ends();
        slurmdbd.adjusts(true);
        record(PlaceholderState.CANCELLED, 20, FOUR);
        Usage.Report report = usage(LedgerConfig.Policy.USED);
        assertThat(slurmdbd.calls()).noneMatch(call -> call.startsWith("adjust"));
        assertThat(report.rows().getFirst().flags()).containsExactly(Flag.NOT_MEASURED);
        assertThat(report.rows().getFirst().given().orElseThrow().cpus()).isEqualTo(4);
    }

    @Test
    void a_cvm_that_says_something_else_is_flagged() {
        rows.sql("insert into project (number, spread, idle_seconds, cvm_state) values (1, false, 30, 'UP')")
                .update();
        rows.sql("insert into member (project, number, login, uid) values (1, 1, 'alice', 5001)")
                .update();
        rows.sql("insert into lease (project, lease, member, workers, cpus, mem_mib, gpu_kind, gpus, scratch_mib,"
                        + " wish_term_min, term_min, wish_spread, spread, cvm_spki, state, live, revision) values"
                        + " (1, 3, 1, 2, 2, 512, 'NONE', 0, 0, 10, 10, false, false, 'k', '{}', true, 1)")
                .update();
        twoWorkersRun();
        rows.sql("insert into lease_usage (project, lease, worker, cpu_minutes, peak_mem_mib, busy_min)"
                        + " values (1, 3, 1, 1, 10, 1), (1, 3, 2, 1, 10, 1)")
                .update();
        ends();
        assertThat(slurmdbd.note(JOB)).endsWith(":0");
        rows.sql("update lease_usage set cpu_minutes = 9").update();
        ends();
        assertThat(slurmdbd.note(JOB)).endsWith(":4");
    }

    @Test
    void a_policy_that_this_slurm_can_not_keep_is_refused_at_the_start() {
        assertThatThrownBy(() -> settlement(LedgerConfig.Policy.USED).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("older than 26.05")
                .hasMessageContaining("set it to allocated");
    }

    @Test
    void slurmdbd_is_asked_for_what_has_ended_and_more_and_more_rarely() {
        worker(1);
        after(10);
        sampler.pass();
        record(PlaceholderState.RUNNING, 10, FOUR);
        Settlement settlement = settlement(LedgerConfig.Policy.ALLOCATED);
        for (int second = 10; second < 500; second += 10) {
            after(second);
            settlement.pass();
        }
        assertThat(slurmdbd.lookups()).as("it runs").isZero();
        machines.destroy("vmhost1", id(1));
        ends();
        ends();
        assertThat(slurmdbd.calls()).as("noted once").hasSize(1);
        for (int second = 500; second < 4100; second += 10) {
            after(second);
            settlement.pass();
        }
        assertThat(slurmdbd.lookups()).as("in an hour").isBetween(5, 25);
        record(PlaceholderState.COMPLETED, 490, FOUR);
        after(4100 + 600);
        settlement.pass();
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).differences()).isEmpty();
        int lookups = slurmdbd.lookups();
        after(10_000);
        settlement.pass();
        assertThat(slurmdbd.lookups()).as("it is settled").isEqualTo(lookups);
    }

    @Test
    void a_machine_that_nobody_shows_any_more_is_asked_for_though_no_end_was_told() {
        worker(1);
        after(10);
        sampler.pass();
        machines.die(id(1));
        record(PlaceholderState.NODE_FAIL, 60, FOUR);
        after(620);
        settlement(LedgerConfig.Policy.ALLOCATED).pass();
        assertThat(usage(LedgerConfig.Policy.ALLOCATED)
                        .rows()
                        .getFirst()
                        .given()
                        .orElseThrow()
                        .state())
                .isEqualTo("NODE_FAIL");
    }

    @Test
    void what_slurmdbd_never_heard_of_is_given_up_after_a_day_and_named() {
        twoWorkersRun();
        ends();
        Settlement settlement = settlement(LedgerConfig.Policy.ALLOCATED);
        after(86_390);
        settlement.pass();
        assertThat(slurmdbd.calls()).doesNotContain("forget 100");
        after(87_500);
        settlement.pass();
        assertThat(slurmdbd.calls()).contains("forget 100");
        int lookups = slurmdbd.lookups();
        after(100_000);
        settlement.pass();
        assertThat(slurmdbd.lookups()).isEqualTo(lookups);
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).differences())
                .extracting(Usage.Difference::kind)
                .containsExactly(Usage.Kind.MISSING_IN_SLURMDBD);
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).rows().getFirst().usedCpuSeconds())
                .isEqualTo(150);
    }

    @Test
    void an_unknown_answer_is_neither_a_difference_nor_an_end() {
        twoWorkersRun();
        ends();
        record(PlaceholderState.COMPLETED, 100, FOUR);
        slurmdbd.mute(true);
        assertThatThrownBy(() -> usage(LedgerConfig.Policy.ALLOCATED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("slurmdbd");
        slurmdbd.mute(false);
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).differences()).isEmpty();
        assertThat(usage(LedgerConfig.Policy.ALLOCATED).rows()).hasSize(1);
    }
}
