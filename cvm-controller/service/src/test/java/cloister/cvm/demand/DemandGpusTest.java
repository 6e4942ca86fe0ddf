package cloister.cvm.demand;

import static cloister.cvm.demand.Samples.job;
import static cloister.cvm.demand.Samples.slot;
import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Jobs with GPUs, and the parts of heterogeneous jobs. */
class DemandGpusTest {
    private static final Instant NOW = Samples.noon();
    private final Policy policy = Samples.policy(8, true);

    private Plan plan(List<Waiting> waiting, Slot... slots) {
        return Demand.plan(waiting, List.of(slots), policy, NOW);
    }

    private static Waiting onGpus(int number, GpuKind kind, int gpus, int tasks) {
        return job(number, 1, new Need(1, 500, new Gpus(kind, gpus)), tasks, NOW);
    }

    private static Slot idle(int lease, Gpus gpus) {
        Need size = new Need(4, 2400, gpus);
        return new Slot(new WorkerKey(lease, 1), Slot.Kind.IDLE, size, size, 900, NOW, 400, new Tenant.Everybody());
    }

    private static Plan onSite(List<Waiting> waiting, Slot... slots) {
        return Demand.plan(waiting, List.of(slots), Samples.withGpus(8), NOW);
    }

    @Test
    void a_job_with_gpus_asks_for_a_worker_with_them_and_one_that_takes_any_kind_for_the_sites_first() {
        LeaseRequest any =
                onSite(List.of(onGpus(1, GpuKind.NONE, 2, 1))).asks().getFirst().request();
        LeaseRequest named =
                onSite(List.of(onGpus(1, GpuKind.C, 1, 1))).asks().getFirst().request();

        assertThat(any.gpuKind()).isEqualTo(GpuKind.A);
        assertThat(any.gpus()).isEqualTo(2);
        assertThat(named.gpuKind()).isEqualTo(GpuKind.C);
        assertThat(named.gpus()).isEqualTo(1);
        assertThat(onSite(List.of(job(1, 1, 1, 1))).asks().getFirst().request().gpuKind())
                .isEqualTo(GpuKind.NONE);
    }

    @Test
    void tasks_with_gpus_share_a_worker_up_to_its_gpus() {
        Plan plan = onSite(List.of(onGpus(1, GpuKind.A, 1, 4)));

        assertThat(plan.asks()).hasSize(2);
        assertThat(plan.asks())
                .allSatisfy(ask -> assertThat(ask.request().gpus()).isEqualTo(2));
    }

    @Test
    void gpus_are_counted_where_jobs_are_put_into_workers() {
        Slot two = idle(1, new Gpus(GpuKind.A, 2));

        assertThat(onSite(List.of(onGpus(1, GpuKind.A, 1, 2)), two).asks()).isEmpty();
        assertThat(onSite(List.of(onGpus(1, GpuKind.NONE, 2, 1)), two).asks()).isEmpty();
        assertThat(onSite(List.of(onGpus(1, GpuKind.A, 1, 3)), two).asks()).hasSize(1);
        assertThat(onSite(List.of(onGpus(1, GpuKind.C, 1, 1)), two).asks()).hasSize(1);
    }

    @Test
    void a_job_without_gpus_leaves_a_worker_with_gpus_free_where_there_is_another() {
        Slot plain = idle(2, Gpus.none());
        Slot withGpus = idle(1, new Gpus(GpuKind.A, 2));
        Waiting large = job(1, 1, 4, 1);

        assertThat(onSite(List.of(large, onGpus(2, GpuKind.A, 1, 1)), plain, withGpus)
                        .asks())
                .isEmpty();
        Plan last = onSite(List.of(large, onGpus(2, GpuKind.A, 1, 1)), withGpus);
        assertThat(last.asks())
                .singleElement()
                .satisfies(ask -> assertThat(ask.jobs()).containsExactly(large.key()));
        assertThat(onSite(List.of(large), withGpus).asks()).isEmpty();
    }

    @Test
    void gpus_that_no_worker_has_are_said_to_be_impossible() {
        Plan plan = onSite(List.of(onGpus(1, GpuKind.A, 3, 1), onGpus(2, GpuKind.B, 1, 1)));

        assertThat(plan.asks()).isEmpty();
        assertThat(plan.impossible()).hasSize(2);
        assertThat(plan(List.of(onGpus(1, GpuKind.NONE, 1, 1))).impossible()).hasSize(1);
    }

    private static Waiting part(int number, int nodes, int cpus) {
        return Samples.together(job(number, nodes, cpus, 1), 1);
    }

    @Test
    void the_parts_of_a_heterogeneous_job_get_one_lease_with_a_worker_for_each() {
        Plan plan = plan(List.of(part(1, 1, 1), part(2, 2, 2)));

        assertThat(plan.asks()).hasSize(1);
        assertThat(plan.asks().getFirst().request().workers()).isEqualTo(3);
        assertThat(plan.asks().getFirst().request().cpus()).isEqualTo(2);
        assertThat(plan.asks().getFirst().jobs()).hasSize(2);
    }

    @Test
    void parts_that_are_too_different_get_a_lease_each_when_there_is_place_for_all() {
        List<Waiting> parts = List.of(part(1, 1, 4), part(2, 5, 1));

        assertThat(plan(parts).asks())
                .extracting(ask -> ask.request().workers())
                .containsExactly(1, 5);
        Slot[] busy = {
            slot(1, 1, Slot.Kind.BUSY, 1, NOW), slot(2, 1, Slot.Kind.BUSY, 1, NOW), slot(3, 1, Slot.Kind.BUSY, 1, NOW)
        };
        assertThat(plan(parts, busy).asks()).isEmpty();
        assertThat(plan(parts, busy).full()).isTrue();
        Waiting onGpu = Samples.together(onGpus(3, GpuKind.A, 1, 1), 1);
        assertThat(onSite(List.of(part(1, 1, 1), onGpu)).asks()).hasSize(2);
    }

    @Test
    void parts_are_put_into_workers_of_their_own() {
        List<Waiting> parts = List.of(part(1, 1, 1), part(2, 1, 1));

        assertThat(plan(parts, slot(1, 1, Slot.Kind.IDLE, 4, NOW)).asks()).hasSize(1);
        assertThat(plan(parts, slot(1, 1, Slot.Kind.IDLE, 4, NOW), slot(2, 1, Slot.Kind.COMING, 4, NOW))
                        .asks())
                .isEmpty();
    }

    @Test
    void a_parts_worker_is_kept_while_anothers_is_to_come() {
        Instant longAgo = NOW.minusSeconds(600);
        List<Waiting> parts = List.of(
                Samples.together(job(1, 1, new Need(1, 100), 1, longAgo), 1),
                Samples.together(job(2, 1, new Need(1, 100), 1, longAgo), 1));
        Slot there = slot(1, 1, Slot.Kind.IDLE, 1, longAgo);

        Plan plan = plan(parts, there, slot(2, 1, Slot.Kind.COMING, 1, longAgo));
        assertThat(plan.asks()).isEmpty();
        assertThat(plan.release()).isEmpty();
        assertThat(plan(parts, there, slot(2, 1, Slot.Kind.IDLE, 1, NOW.minusSeconds(9)))
                        .asks())
                .as("Slurm has had no time to start them")
                .isEmpty();
        assertThat(plan(parts, there, slot(2, 1, Slot.Kind.IDLE, 1, NOW.minusSeconds(11)))
                        .asks())
                .hasSize(1);
    }

    @Test
    void a_heterogeneous_job_with_a_part_that_cannot_be_or_must_wait_is_not_asked_for() {
        assertThat(plan(List.of(part(1, 1, 1), part(2, 1, 5))).impossible()).hasSize(2);
        assertThat(plan(List.of(part(1, 4, 1), part(2, 5, 1))).impossible()).hasSize(2);
        Waiting later = Samples.askedFrom(part(2, 1, 1), NOW.plusSeconds(1));
        assertThat(plan(List.of(part(1, 1, 1), later)).asks()).isEmpty();
    }
}
