package cloister.cvm.demand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import cloister.broker.GpuKind;
import cloister.broker.Isolation;
import cloister.broker.LeaseRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What must hold for any queue and any set of workers; each failure names the seed that brings it back. */
class DemandPropertiesTest {
    private static final int ROUNDS = 2000;
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    @Test
    void never_beyond_the_limits() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            World world = new World(seed);
            int workers = world.slots.size();
            for (Ask ask : world.plan().asks()) {
                LeaseRequest request = ask.request();
                workers += request.workers();
                assertThat(request.cpus())
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(world.policy.limits().maxCpus());
                assertThat(request.memMiB())
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(world.policy.limits().maxMemMiB());
                assertThat(request.gpus())
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(world.policy.limits().maxGpus());
                assertThat(request.gpuKind() == GpuKind.NONE
                                || world.policy.limits().gpuKinds().contains(request.gpuKind()))
                        .as("seed %d", seed)
                        .isTrue();
                assertThat(request.termMin())
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(world.policy.limits().maxTermMin());
                assertThat(request.scratchMiB())
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(world.policy.limits().maxScratchMiB());
            }
            assertThat(workers)
                    .as("seed %d", seed)
                    .isLessThanOrEqualTo(
                            Math.max(world.slots.size(), world.policy.limits().maxWorkers()));
        }
    }

    @Test
    void a_lease_holds_each_job_that_it_was_asked_for() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            World world = new World(seed);
            for (Ask ask : world.plan().asks()) {
                for (Waiting job : world.waiting) {
                    if (ask.jobs().contains(job.key())) {
                        Need size = size(ask.request());
                        assertThat(job.perNode().fitsIn(size))
                                .as("seed %d", seed)
                                .isTrue();
                        assertThat(job.nodes())
                                .as("seed %d", seed)
                                .isLessThanOrEqualTo(ask.request().workers());
                        assertThat(job.limitMin() + world.policy.bootMin() + world.policy.graceMin())
                                .as("seed %d", seed)
                                .isLessThanOrEqualTo(ask.request().termMin());
                    }
                }
            }
        }
    }

    @Test
    void never_nothing_for_an_eligible_job_that_fits_an_empty_project() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            World world = new World(seed);
            world.slots.clear();
            Plan plan = world.plan();
            boolean someoneFits = world.waiting.stream()
                    .anyMatch(job -> !plan.impossible().contains(job.key())
                            && job.binding().lease() == 0
                            && world.parts(job).stream()
                                    .noneMatch(part -> part.askFrom().isAfter(NOW)));
            assertThat(!plan.asks().isEmpty()).as("seed %d", seed).isEqualTo(someoneFits);
        }
    }

    @Test
    void no_job_is_put_on_a_worker_of_another_member_or_job_and_none_that_is_one_jobs_takes_two() {
        int placed = 0;
        for (long seed = 0; seed < ROUNDS; seed++) {
            World world = new World(seed);
            Rooms rooms = new Rooms(world.slots, NOW, world.policy.patience());
            Map<JobKey, Integer> left = rooms.place(world.waiting);
            Set<WorkerKey> taken = new HashSet<>();
            for (Waiting job : world.waiting) {
                Set<WorkerKey> places = rooms.places().getOrDefault(job.key(), Collections.emptySortedSet());
                placed += places.size();
                for (Slot slot : world.slots) {
                    if (!places.contains(slot.key())) {
                        continue;
                    }
                    switch (slot.tenant()) {
                        case Tenant.Everybody _ ->
                            assertThat(world.policy.limits().isolation()).isEqualTo(Isolation.PROJECT);
                        case Tenant.OneMember(int member) ->
                            assertThat(member).as("seed %d", seed).isEqualTo(job.member());
                        case Tenant.OneJob(JobKey key, boolean tied) -> {
                            assertThat(key).as("seed %d", seed).isEqualTo(job.key());
                            assertThat(job.binding().lease())
                                    .as("seed %d", seed)
                                    .isEqualTo(tied ? slot.key().lease() : 0);
                            assertThat(taken.add(slot.key()))
                                    .as("seed %d", seed)
                                    .isTrue();
                        }
                        case Tenant.Nobody _ -> fail("seed %d: it serves nobody", seed);
                    }
                }
                if (world.policy.limits().isolation() == Isolation.JOB) {
                    assertThat(places)
                            .as("seed %d", seed)
                            .hasSize((job.tasks() - left.getOrDefault(job.key(), 0)) * job.nodes());
                }
            }
        }
        assertThat(placed).isGreaterThan(ROUNDS / 4);
    }

    @Test
    void a_worker_of_one_job_that_no_job_waits_for_goes_at_once_and_one_that_came_whole_is_tied_once() {
        int ties = 0;
        for (long seed = 0; seed < ROUNDS; seed++) {
            World world = new World(seed);
            Plan plan = world.plan();
            assertThat(plan.ties().stream().map(Plan.Tie::lease))
                    .as("seed %d", seed)
                    .doesNotHaveDuplicates();
            for (Plan.Tie tie : plan.ties()) {
                ties++;
                assertThat(world.slots.stream().filter(slot -> slot.key().lease() == tie.lease()))
                        .as("seed %d", seed)
                        .allMatch(slot -> slot.kind() == Slot.Kind.IDLE
                                && slot.tenant().equals(new Tenant.OneJob(tie.job(), false)));
            }
            for (Slot slot : world.slots) {
                if (slot.tenant().once() && slot.kind() == Slot.Kind.IDLE) {
                    boolean wanted = world.waiting.stream()
                            .anyMatch(
                                    job -> slot.tenant().admits(job, slot.key().lease()));
                    assertThat(wanted || plan.release().contains(slot.key()))
                            .as("seed %d", seed)
                            .isTrue();
                }
            }
        }
        assertThat(ties).isGreaterThan(50);
    }

    @Test
    void the_order_of_what_it_is_told_changes_nothing() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            World world = new World(seed);
            Plan before = world.plan();
            Collections.shuffle(world.waiting, world.random);
            Collections.shuffle(world.slots, world.random);
            assertThat(world.plan()).as("seed %d", seed).isEqualTo(before);
        }
    }

    @Test
    void a_worker_that_takes_a_waiting_job_is_neither_withdrawn_nor_given_back() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            World world = new World(seed);
            world.waiting.clear();
            Need size = new Need(2, 1000);
            world.slots.removeIf(slot -> slot.key().lease() == 1);
            world.slots.add(new Slot(
                    new WorkerKey(1, 1),
                    world.random.nextBoolean() ? Slot.Kind.COMING : Slot.Kind.IDLE,
                    size,
                    size,
                    900,
                    NOW.minusSeconds(5),
                    400,
                    new Tenant.Everybody()));
            world.waiting.add(Samples.job(1, 1, new Need(2, 1000), 1, NOW));
            world.slots.removeIf(slot -> slot.key().lease() != 1 && slot.kind() != Slot.Kind.LEAVING);
            Plan plan = world.plan();
            assertThat(plan.withdraw()).as("seed %d", seed).isEmpty();
            assertThat(plan.release()).as("seed %d", seed).isEmpty();
        }
    }

    /** Leases come at once, jobs take the first worker that holds them and end at once: in the end nothing is left. */
    @Test
    void it_comes_to_rest_with_all_jobs_done_and_no_worker_left() {
        for (long seed = 0; seed < 300; seed++) {
            World world = new World(seed);
            world.slots.clear();
            world.waiting.replaceAll(job -> Samples.askedFrom(Samples.unbound(job), NOW.minusSeconds(1)));
            List<JobKey> impossible = world.plan().impossible();
            world.waiting.removeIf(job -> impossible.contains(job.key()));
            Instant now = NOW;
            int lease = 1;
            int rounds = 0;
            while (!world.waiting.isEmpty() || !world.slots.isEmpty()) {
                assertThat(rounds++).as("seed %d comes to rest", seed).isLessThan(400);
                now = now.plusSeconds(31);
                Plan plan = Demand.plan(world.waiting, world.slots, world.policy, now);
                world.slots.removeIf(slot -> plan.release().contains(slot.key())
                        || plan.withdraw().contains(slot.key().lease()));
                for (Ask ask : plan.asks()) {
                    lease++;
                    for (int worker = 1; worker <= ask.request().workers(); worker++) {
                        Need size = size(ask.request());
                        world.slots.add(new Slot(
                                new WorkerKey(lease, worker),
                                Slot.Kind.IDLE,
                                size,
                                size,
                                Policy.usableTmp(ask.request().scratchMiB()),
                                now,
                                480,
                                world.tenant(
                                        ask.jobs().getFirst(), ask.request().member())));
                    }
                }
                if (world.policy.limits().isolation() == Isolation.JOB) {
                    runWhatIsTied(world, Demand.plan(world.waiting, world.slots, world.policy, now));
                } else {
                    runWhatFits(world);
                }
            }
        }
    }

    private static Need size(LeaseRequest request) {
        return new Need(
                request.cpus(), Policy.usableMemory(request.memMiB()), new Gpus(request.gpuKind(), request.gpus()));
    }

    /** Each of these jobs, or one of its tasks, runs on the workers that it is tied to, and is over. */
    private static void runWhatIsTied(World world, Plan plan) {
        for (Plan.Tie tie : plan.ties()) {
            world.slots.replaceAll(slot -> slot.key().lease() == tie.lease() ? used(slot, tie.job()) : slot);
            Waiting job = world.waiting.stream()
                    .filter(one -> one.key().equals(tie.job()))
                    .findFirst()
                    .orElseThrow();
            world.waiting.remove(job);
            if (job.tasks() > 1) {
                world.waiting.add(Samples.tasks(job, job.tasks() - 1));
            }
        }
    }

    private static Slot used(Slot slot, JobKey job) {
        return new Slot(
                slot.key(),
                slot.kind(),
                slot.size(),
                slot.free(),
                slot.tmpMiB(),
                slot.since(),
                slot.usableMin(),
                new Tenant.OneJob(job, true));
    }

    /** As Slurm: the parts of a heterogeneous job start together, each on workers of its own, or not at all. */
    private static void runWhatFits(World world) {
        List<Waiting> left = new ArrayList<>();
        for (Waiting job : world.waiting) {
            if (!allFit(world.parts(job), world.slots)) {
                left.add(job);
            } else if (job.tasks() > 1) {
                left.add(Samples.tasks(job, job.tasks() - 1));
            }
        }
        world.waiting.clear();
        world.waiting.addAll(left);
    }

    private static boolean allFit(List<Waiting> parts, List<Slot> slots) {
        List<Slot> free = new ArrayList<>(slots);
        free.sort(Comparator.<Slot>comparingInt(slot -> slot.size().gpus().count())
                .thenComparingInt(slot -> slot.size().cpus())
                .thenComparingInt(slot -> slot.size().memMiB()));
        for (Waiting part : parts.stream().sorted(Waiting.LARGEST_FIRST).toList()) {
            List<Slot> rooms = free.stream()
                    .filter(slot -> slot.tenant().admits(part, slot.key().lease())
                            && part.perNode().fitsIn(slot.size())
                            && part.tmpMiB() <= slot.tmpMiB())
                    .limit(part.nodes())
                    .toList();
            if (rooms.size() < part.nodes()) {
                return false;
            }
            free.removeAll(rooms);
        }
        return true;
    }
}
