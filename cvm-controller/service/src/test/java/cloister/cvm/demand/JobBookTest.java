package cloister.cvm.demand;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.cvm.slurm.GpuWish;
import cloister.cvm.slurm.PendingJob;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobBookTest {
    private static final Instant NOW = Instant.ofEpochSecond(10_000);
    private final JobBook book = new JobBook();
    private final Policy policy = Samples.policy(8, true);

    private static PendingJob job(int nodes, int cpus, int tasks, int perTask, int perNode, int memNode, int memCpu) {
        return job(nodes, cpus, tasks, perTask, perNode, memNode, memCpu, GpuWish.none());
    }

    private static PendingJob job(
            int nodes, int cpus, int tasks, int perTask, int perNode, int memNode, int memCpu, GpuWish gpus) {
        return new PendingJob(
                1,
                9000,
                0,
                5001,
                nodes,
                cpus,
                tasks,
                perTask,
                perNode,
                memNode,
                memCpu,
                0,
                false,
                false,
                10,
                5,
                9000,
                "None",
                1,
                "",
                gpus,
                0,
                PendingJob.Gate.open());
    }

    private List<Waiting> waiting(PendingJob job, Instant at) {
        return book.waiting(List.of(job), Map.of(5001L, 3), policy, at);
    }

    private Waiting one(PendingJob job) {
        return waiting(job, NOW).getFirst();
    }

    @Test
    void cpus_and_memory_are_each_nodes_share() {
        Waiting waiting = one(job(2, 4, 4, 1, 0, 0, 300));

        assertThat(waiting.nodes()).isEqualTo(2);
        assertThat(waiting.perNode()).isEqualTo(new Need(2, 600));
        assertThat(waiting.member()).isEqualTo(3);
    }

    @Test
    void an_uneven_job_is_asked_for_by_its_largest_share() {
        assertThat(one(job(2, 3, 3, 1, 0, 0, 300)).perNode()).isEqualTo(new Need(2, 600));
    }

    @Test
    void tasks_per_node_decide_how_many_nodes_there_are() {
        Waiting waiting = one(job(1, 6, 3, 2, 1, 0, 100));

        assertThat(waiting.nodes()).isEqualTo(3);
        assertThat(waiting.perNode().cpus()).isEqualTo(2);
    }

    @Test
    void tasks_that_do_not_fit_one_worker_are_asked_for_on_several() {
        Waiting waiting = one(job(1, 10, 10, 1, 0, 0, 100));

        assertThat(waiting.nodes()).isEqualTo(3);
        assertThat(waiting.perNode().cpus()).isEqualTo(4);
    }

    @Test
    void a_range_of_nodes_is_not_taken_for_its_upper_end() {
        assertThat(one(job(3, 1, 1, 1, 0, 0, 100)).nodes()).isEqualTo(1);
    }

    @Test
    void all_memory_of_a_node_means_a_worker_of_ones_own() {
        Waiting waiting = one(job(1, 1, 1, 1, 0, 0, 0));

        assertThat(waiting.wholeWorker()).isTrue();
        assertThat(waiting.perNode().memMiB()).isEqualTo(policy.defaultMemPerCpuMiB());
    }

    private static PendingJob onGpus(int nodes, int cpus, int tasks, GpuWish gpus) {
        return job(nodes, cpus, tasks, 1, 0, 0, 100, gpus);
    }

    private Waiting onSite(PendingJob job) {
        return book.waiting(List.of(job), Map.of(5001L, 3), Samples.withGpus(8), NOW)
                .getFirst();
    }

    @Test
    void gpus_are_each_nodes_share_in_each_of_slurms_ways() {
        Waiting perNode = onSite(onGpus(3, 3, 3, new GpuWish(GpuKind.A, 0, 2, 0, 0, 0, true)));
        assertThat(perNode.nodes()).isEqualTo(3);
        assertThat(perNode.perNode().gpus()).isEqualTo(new Gpus(GpuKind.A, 2));

        Waiting perTask = onSite(onGpus(2, 3, 3, new GpuWish(GpuKind.NONE, 0, 0, 1, 0, 0, true)));
        assertThat(perTask.nodes()).isEqualTo(2);
        assertThat(perTask.perNode().gpus()).isEqualTo(new Gpus(GpuKind.NONE, 2));

        // --gpus=5 of workers with two each, with one CPU in all as far as Slurm says.
        Waiting perJob = onSite(onGpus(3, 1, 1, new GpuWish(GpuKind.NONE, 5, 0, 0, 0, 0, true)));
        assertThat(perJob.nodes()).isEqualTo(3);
        assertThat(perJob.perNode().gpus().count()).isEqualTo(2);
    }

    @Test
    void cpus_and_memory_of_each_gpu_are_counted() {
        GpuWish wish = new GpuWish(GpuKind.NONE, 2, 0, 0, 2, 1000, true);
        PendingJob job = job(1, 1, 1, 1, 0, 1000, 0, wish);

        assertThat(onSite(job).perNode()).isEqualTo(new Need(4, 2000, new Gpus(GpuKind.NONE, 2)));
    }

    @Test
    void a_job_that_names_a_kind_as_its_feature_needs_a_worker_with_one() {
        assertThat(onSite(onGpus(1, 1, 1, new GpuWish(GpuKind.C, 0, 0, 0, 0, 0, true)))
                        .perNode()
                        .gpus())
                .isEqualTo(new Gpus(GpuKind.C, 1));
    }

    @Test
    void what_is_not_understood_fits_no_worker() {
        Waiting waiting = onSite(onGpus(1, 1, 1, new GpuWish(GpuKind.NONE, 0, 1, 0, 0, 0, false)));

        assertThat(Demand.plan(List.of(waiting), List.of(), Samples.withGpus(8), NOW)
                        .impossible())
                .hasSize(1);
    }

    @Test
    void the_parts_of_a_heterogeneous_job_wait_for_each_other() {
        PendingJob first = part(7, "None");
        assertThat(both(first, part(8, "None"))).hasSize(2).allMatch(waiting -> waiting.together() == 7);
        assertThat(both(first, part(8, "PartitionTimeLimit"))).isEmpty();
    }

    private List<Waiting> both(PendingJob... parts) {
        return book.waiting(List.of(parts), Map.of(5001L, 3), policy, NOW);
    }

    private static PendingJob part(int job, String reason) {
        return small(job, 0, reason, 7);
    }

    /** Of one CPU and 100 MiB for it. */
    private static PendingJob small(int job, int restarts, String reason, int hetJob) {
        return new PendingJob(
                job,
                9000,
                restarts,
                5001,
                1,
                1,
                1,
                1,
                0,
                0,
                100,
                0,
                false,
                false,
                10,
                5,
                9000,
                reason,
                1,
                "",
                GpuWish.none(),
                hetJob,
                PendingJob.Gate.open());
    }

    @Test
    void jobs_of_strangers_are_not_served() {
        assertThat(book.waiting(List.of(job(1, 1, 1, 1, 0, 0, 100)), Map.of(5002L, 1), policy, NOW))
                .isEmpty();
    }

    @Test
    void a_job_is_remembered_while_it_waits_and_no_longer() {
        PendingJob job = job(1, 1, 1, 1, 0, 0, 100);
        one(job);

        assertThat(waiting(job, NOW.plusSeconds(9)).getFirst().since()).isEqualTo(NOW);
        book.waiting(List.of(), Map.of(5001L, 3), policy, NOW.plusSeconds(10));
        assertThat(waiting(job, NOW.plusSeconds(11)).getFirst().since()).isEqualTo(NOW.plusSeconds(11));
    }

    @Test
    void each_disappointment_makes_the_pause_longer_up_to_a_limit() {
        PendingJob job = job(1, 1, 1, 1, 0, 0, 100);
        JobKey key = one(job).key();

        book.disappointed(List.of(key), NOW);
        assertThat(one(job).askFrom()).isEqualTo(NOW.plusSeconds(30));
        book.disappointed(List.of(key), NOW);
        assertThat(one(job).askFrom()).isEqualTo(NOW.plusSeconds(60));
        for (int i = 0; i < 20; i++) {
            book.disappointed(List.of(key), NOW);
        }
        assertThat(one(job).askFrom()).isEqualTo(NOW.plusSeconds(900));
    }

    @Test
    void a_requeued_job_is_a_new_wish() {
        PendingJob job = job(1, 1, 1, 1, 0, 0, 100);
        book.disappointed(List.of(one(job).key()), NOW);
        PendingJob again = small(1, 1, "None", 0);

        assertThat(one(again).askFrom()).isEqualTo(NOW);
    }

    @Test
    void workers_for_the_next_job_that_came_to_nothing_are_asked_for_later_too() {
        one(job(1, 1, 1, 1, 0, 0, 100));
        assertThat(book.warmNow(NOW)).isTrue();
        book.disappointed(List.of(JobKey.warm()), NOW);
        book.disappointed(List.of(JobKey.warm()), NOW);
        assertThat(book.warmNow(NOW.plusSeconds(59))).isFalse();
        assertThat(book.warmNow(NOW.plusSeconds(60))).isTrue();

        Instant muchLater = NOW.plusSeconds(3600);
        book.disappointed(List.of(JobKey.warm()), muchLater);
        assertThat(book.warmNow(muchLater.plusSeconds(30)))
                .as("what was long ago is forgotten")
                .isTrue();
    }
}
