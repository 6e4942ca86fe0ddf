package cloister.cvm.demand;

import static cloister.cvm.demand.Samples.job;
import static cloister.cvm.demand.Samples.slot;
import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.Isolation;
import cloister.broker.LeaseRequest;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Idle workers that are kept for the next job. */
class DemandWarmTest {
    private static final Instant NOW = Samples.noon();

    private Plan warm(List<Waiting> waiting, int maxWorkers, Slot... slots) {
        return Demand.plan(
                waiting, List.of(slots), Samples.policy(maxWorkers, Isolation.PROJECT, 2), OptionalInt.of(7), NOW);
    }

    @Test
    void small_workers_are_kept_for_the_next_job_and_asked_for_where_they_are_fewer() {
        Plan plan = warm(List.of(), 8, slot(1, 1, Slot.Kind.COMING, 1, NOW));

        assertThat(plan.withdraw()).isEmpty();
        LeaseRequest request = plan.asks().getFirst().request();
        assertThat(plan.asks()).hasSize(1);
        assertThat(request.member()).isEqualTo(7);
        assertThat(request.cpus()).isEqualTo(1);
        assertThat(request.workers()).isEqualTo(1);
        assertThat(Policy.usableMemory(request.memMiB()))
                .isGreaterThanOrEqualTo(Samples.policy(8, true).defaultMemPerCpuMiB());
        assertThat(request.termMin()).isEqualTo(480);
    }

    @Test
    void no_more_idle_workers_are_kept_than_the_policy_says_and_those_with_time_left() {
        Instant longAgo = NOW.minusSeconds(3600);
        Need size = new Need(1, 600);
        Slot nearlyOver =
                new Slot(new WorkerKey(1, 1), Slot.Kind.IDLE, size, size, 900, longAgo, 59, new Tenant.Everybody());
        Plan plan = warm(
                List.of(),
                8,
                nearlyOver,
                slot(2, 1, Slot.Kind.IDLE, 1, longAgo),
                slot(3, 1, Slot.Kind.IDLE, 1, longAgo),
                slot(4, 1, Slot.Kind.IDLE, 1, longAgo),
                slot(5, 1, Slot.Kind.COMING, 1, NOW));

        assertThat(plan.asks()).isEmpty();
        assertThat(plan.release()).containsExactly(new WorkerKey(1, 1), new WorkerKey(4, 1));
        assertThat(plan.withdraw()).containsExactly(5);
    }

    @Test
    void a_worker_that_a_job_takes_is_replaced_and_jobs_go_first() {
        Slot[] idle = {slot(1, 1, Slot.Kind.IDLE, 1, NOW), slot(2, 1, Slot.Kind.IDLE, 1, NOW)};

        assertThat(warm(List.of(job(1, 1, 1, 1)), 8, idle).asks()).hasSize(1);
        assertThat(warm(List.of(job(1, 1, 1, 1)), 2, idle).asks())
                .as("there is no place for another")
                .isEmpty();
        Plan large = warm(List.of(job(1, 1, 4, 1)), 2, idle);
        assertThat(large.asks()).isEmpty();
        assertThat(large.release()).as("the large job gets its place").containsExactly(new WorkerKey(1, 1));
    }

    @Test
    void none_is_kept_where_a_worker_serves_one_member_or_job_or_none_may_be_asked_for_now() {
        for (Isolation isolation : List.of(Isolation.USER, Isolation.JOB)) {
            assertThat(Demand.plan(List.of(), List.of(), Samples.policy(8, isolation, 2), OptionalInt.of(7), NOW)
                            .asks())
                    .isEmpty();
        }
        assertThat(Demand.plan(List.of(), List.of(), Samples.policy(8, Isolation.PROJECT, 2), NOW)
                        .asks())
                .isEmpty();
    }
}
