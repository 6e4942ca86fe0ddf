package cloister.cvm.demand;

import static cloister.cvm.demand.Samples.job;
import static cloister.cvm.demand.Samples.slot;
import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.LeaseRequest;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemandTest {
    private static final Instant NOW = Samples.noon();
    private final Policy policy = Samples.policy(8, true);

    private Plan plan(List<Waiting> waiting, Slot... slots) {
        return Demand.plan(waiting, List.of(slots), policy, NOW);
    }

    @Test
    void a_job_on_one_node_asks_for_a_worker_of_its_size() {
        Plan plan = plan(List.of(job(1, 1, 2, 1)));

        assertThat(plan.asks()).hasSize(1);
        LeaseRequest request = plan.asks().getFirst().request();
        assertThat(request.workers()).isEqualTo(1);
        assertThat(request.cpus()).isEqualTo(2);
        assertThat(Policy.usableMemory(request.memMiB())).isGreaterThanOrEqualTo(1000);
        assertThat(request.memMiB() % 256).isZero();
        assertThat(request.spread()).isFalse();
    }

    @Test
    void the_term_is_limit_and_boot_and_grace_rounded_up_to_five_minutes() {
        // 10 minutes of limit, 3 of boot, 2 of grace.
        assertThat(plan(List.of(job(1, 1, 1, 1))).asks().getFirst().request().termMin())
                .isEqualTo(15);
    }

    @Test
    void a_job_that_wants_temporary_disk_gets_a_worker_with_that_much_and_none_that_has_less() {
        Waiting little = Samples.tmp(job(1, 1, 1, 1), 900);
        Waiting much = Samples.tmp(job(2, 1, 1, 1), 2000);
        Plan plan = plan(List.of(little, much), slot(1, 1, Slot.Kind.IDLE, 4, NOW));
        assertThat(plan.asks()).hasSize(1);
        assertThat(plan.asks().getFirst().jobs()).containsExactly(much.key());
        assertThat(Policy.usableTmp(plan.asks().getFirst().request().scratchMiB()))
                .isBetween(2000, 2400);
        assertThat(plan(List.of(Samples.tmp(job(3, 1, 1, 1), 4000))).impossible())
                .as("the site's largest is 4096 MiB, less what LUKS and ext4 take")
                .hasSize(1);
    }

    private static LeaseRequest asked(Policy policy, Waiting job) {
        return Demand.plan(List.of(job), List.of(), policy, NOW)
                .asks()
                .getFirst()
                .request();
    }

    @Test
    void a_job_on_several_nodes_may_ask_for_different_hosts_where_the_policy_does_not() {
        Policy together = Samples.policy(8, false);
        Waiting job = job(1, 2, 1, 1);
        assertThat(asked(together, job).spread()).isFalse();
        assertThat(asked(together, Samples.spread(job)).spread()).isTrue();
    }

    @Test
    void a_job_on_several_nodes_gets_one_lease_that_is_spread_as_the_policy_says() {
        Plan plan = plan(List.of(job(1, 3, 1, 1)));

        assertThat(plan.asks()).hasSize(1);
        assertThat(plan.asks().getFirst().request().workers()).isEqualTo(3);
        assertThat(plan.asks().getFirst().request().spread()).isTrue();
    }

    @Test
    void the_tasks_of_an_array_share_workers_up_to_the_limit() {
        Plan plan = plan(List.of(job(1, 1, 1, 1000)));

        assertThat(plan.asks()).hasSize(8);
        assertThat(plan.asks())
                .allSatisfy(ask -> assertThat(ask.request().cpus()).isEqualTo(4));
    }

    @Test
    void a_short_array_gets_as_few_workers_as_hold_it_evenly() {
        Plan plan = plan(List.of(job(1, 1, 1, 6)));

        assertThat(plan.asks()).hasSize(2);
        assertThat(plan.asks())
                .allSatisfy(ask -> assertThat(ask.request().cpus()).isEqualTo(3));
    }

    @Test
    void jobs_that_are_alike_share_a_worker() {
        Plan plan = plan(List.of(job(1, 1, 1, 1), job(2, 1, 1, 1), job(3, 1, 1, 1)));

        assertThat(plan.asks()).hasSize(1);
        assertThat(plan.asks().getFirst().request().cpus()).isEqualTo(3);
        assertThat(plan.asks().getFirst().jobs()).hasSize(3);
    }

    @Test
    void nothing_is_asked_for_where_a_worker_is_coming_or_idle() {
        assertThat(plan(List.of(job(1, 1, 2, 1)), slot(1, 1, Slot.Kind.COMING, 2, NOW))
                        .asks())
                .isEmpty();
        assertThat(plan(List.of(job(1, 1, 2, 1)), slot(1, 1, Slot.Kind.IDLE, 2, NOW))
                        .asks())
                .isEmpty();
    }

    @Test
    void a_large_job_is_not_robbed_of_its_coming_worker_by_a_small_one() {
        Plan plan = plan(List.of(job(1, 1, 1, 1), job(2, 1, 4, 1)), slot(1, 1, Slot.Kind.COMING, 4, NOW));

        assertThat(plan.withdraw()).isEmpty();
        assertThat(plan.asks()).hasSize(1);
        assertThat(plan.asks().getFirst().request().cpus()).isEqualTo(1);
    }

    @Test
    void an_idle_worker_that_slurm_leaves_unused_beside_a_waiting_job_does_not_count_for_ever() {
        Instant longAgo = NOW.minusSeconds(60);
        Waiting old = job(1, 1, new Need(1, 100), 1, longAgo);

        assertThat(plan(List.of(old), slot(1, 1, Slot.Kind.IDLE, 2, NOW)).asks())
                .isEmpty();
        assertThat(plan(List.of(old), slot(1, 1, Slot.Kind.IDLE, 2, longAgo)).asks())
                .hasSize(1);
    }

    @Test
    void a_worker_that_waits_for_its_sibling_to_come_still_counts_for_their_job() {
        Instant longAgo = NOW.minusSeconds(600);
        Waiting two = job(1, 2, new Need(1, 100), 1, longAgo);
        Plan plan =
                plan(List.of(two), slot(1, 1, Slot.Kind.IDLE, 1, longAgo), slot(1, 2, Slot.Kind.COMING, 1, longAgo));

        assertThat(plan.asks()).isEmpty();
        assertThat(plan.release()).isEmpty();
        assertThat(plan(
                                List.of(two),
                                slot(1, 1, Slot.Kind.IDLE, 1, longAgo),
                                slot(1, 2, Slot.Kind.IDLE, 1, NOW.minusSeconds(9)))
                        .asks())
                .isEmpty();
        assertThat(plan(
                                List.of(two),
                                slot(1, 1, Slot.Kind.IDLE, 1, longAgo),
                                slot(1, 2, Slot.Kind.IDLE, 1, NOW.minusSeconds(11)))
                        .asks())
                .hasSize(1);
    }

    @Test
    void a_lease_that_nobody_needs_any_more_is_withdrawn_while_nothing_of_it_has_come() {
        assertThat(plan(List.of(), slot(7, 1, Slot.Kind.COMING, 2, NOW), slot(7, 2, Slot.Kind.COMING, 2, NOW))
                        .withdraw())
                .containsExactly(7);
        assertThat(plan(List.of(), slot(7, 1, Slot.Kind.COMING, 2, NOW), slot(7, 2, Slot.Kind.BUSY, 2, NOW))
                        .withdraw())
                .isEmpty();
    }

    @Test
    void a_worker_is_given_back_when_it_was_idle_for_long_enough() {
        assertThat(plan(List.of(), slot(1, 1, Slot.Kind.IDLE, 2, NOW.minusSeconds(29)))
                        .release())
                .isEmpty();
        assertThat(plan(List.of(), slot(1, 1, Slot.Kind.IDLE, 2, NOW.minusSeconds(30)))
                        .release())
                .containsExactly(new WorkerKey(1, 1));
    }

    @Test
    void an_idle_worker_makes_place_at_once_for_a_job_that_the_limit_keeps_out() {
        Slot[] slots = new Slot[8];
        for (int i = 0; i < 8; i++) {
            slots[i] = slot(i + 1, 1, Slot.Kind.IDLE, 1, NOW.minusSeconds(i));
        }
        Plan plan = plan(List.of(job(1, 1, 4, 1)), slots);

        assertThat(plan.asks()).isEmpty();
        assertThat(plan.release()).containsExactly(new WorkerKey(8, 1));
    }

    @Test
    void a_large_job_that_waits_for_the_limit_is_not_overtaken() {
        Slot[] slots = new Slot[6];
        for (int i = 0; i < 6; i++) {
            slots[i] = slot(i + 1, 1, Slot.Kind.BUSY, 1, NOW);
        }
        Plan plan = plan(List.of(job(1, 4, 1, 1), job(2, 1, 1, 1)), slots);

        assertThat(plan.asks()).isEmpty();
    }

    @Test
    void a_worker_whose_term_is_nearly_over_does_not_count_for_a_long_job() {
        Need size = new Need(2, 1200);
        Slot nearlyOver =
                new Slot(new WorkerKey(1, 1), Slot.Kind.IDLE, size, size, 900, NOW, 5, new Tenant.Everybody());

        assertThat(plan(List.of(job(1, 1, 1, 1)), nearlyOver).asks()).hasSize(1);
    }

    @Test
    void a_job_without_neighbours_needs_a_worker_that_is_free_as_a_whole() {
        Need size = new Need(4, 2400);
        Slot half = new Slot(
                new WorkerKey(1, 1), Slot.Kind.BUSY, size, new Need(3, 1800), 900, NOW, 400, new Tenant.Everybody());
        Waiting alone = Samples.alone(job(1, 1, 1, 1));

        assertThat(plan(List.of(alone), half).asks()).hasSize(1);
        assertThat(plan(List.of(job(1, 1, 1, 1)), half).asks()).isEmpty();
    }

    @Test
    void a_disappointed_job_waits_before_more_is_asked_for_it() {
        Waiting later = Samples.askedFrom(job(1, 1, 1, 1), NOW.plusSeconds(1));

        assertThat(plan(List.of(later)).asks()).isEmpty();
    }

    @Test
    void what_no_lease_could_hold_is_said_and_not_asked_for() {
        Plan plan = plan(List.of(job(1, 1, 5, 1), job(2, 9, 1, 1)));

        assertThat(plan.asks()).isEmpty();
        assertThat(plan.impossible()).hasSize(2);
    }
}
