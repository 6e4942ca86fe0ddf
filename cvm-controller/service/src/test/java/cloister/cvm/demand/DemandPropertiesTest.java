package cloister.cvm.demand;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What must hold for any queue and any set of workers; each failure names the seed that brings it back. */
class DemandPropertiesTest {
    private static final int ROUNDS = 2000;
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    private static final class World {
        private final Random random;
        private final Policy policy;
        private final List<Waiting> waiting = new ArrayList<>();
        private final List<Slot> slots = new ArrayList<>();

        World(long seed) {
            random = new Random(seed);
            int most = 1 + random.nextInt(12);
            policy = random.nextBoolean() ? Samples.withGpus(most) : Samples.policy(most, random.nextBoolean());
            int jobs = random.nextInt(12);
            for (int job = 1; job <= jobs; job++) {
                waiting.add(job(job));
            }
            int workers = random.nextInt(policy.limits().maxWorkers() + 1);
            int lease = 1;
            while (workers > 0) {
                int together = Math.min(workers, 1 + random.nextInt(3));
                for (int worker = 1; worker <= together; worker++) {
                    slots.add(slot(new WorkerKey(lease, worker)));
                }
                workers -= together;
                lease++;
            }
        }

        private Waiting job(int number) {
            int together = random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0;
            return new Waiting(
                    new JobKey(number, 1000L + random.nextInt(5), random.nextInt(2)),
                    1 + random.nextInt(2),
                    1 + (random.nextInt(3) == 0 ? random.nextInt(14) : 0),
                    new Need(1 + random.nextInt(5), 1 + random.nextInt(3000), gpus(random.nextInt(4))),
                    random.nextInt(4) == 0 ? random.nextInt(4500) : 0,
                    random.nextInt(5) == 0,
                    random.nextInt(5) == 0,
                    1 + random.nextInt(500),
                    1 + (together == 0 && random.nextInt(4) == 0 ? random.nextInt(50) : 0),
                    random.nextInt(4),
                    NOW.minusSeconds(random.nextInt(40)),
                    NOW.plusSeconds(random.nextInt(3) == 0 ? 5 : -5),
                    together);
        }

        /** Of none, which is the most common, or of some kind, for a job of any. */
        private Gpus gpus(int most) {
            int count = random.nextInt(3) == 0 ? most : 0;
            GpuKind kind = List.of(GpuKind.values()).get(random.nextInt(4));
            return count == 0 ? Gpus.none() : new Gpus(kind, count);
        }

        private Gpus gpusOfOneKind() {
            return random.nextInt(3) == 0 ? new Gpus(GpuKind.A, 1 + random.nextInt(2)) : Gpus.none();
        }

        private List<Waiting> parts(Waiting job) {
            return job.together() == 0
                    ? List.of(job)
                    : waiting.stream()
                            .filter(other -> other.together() == job.together())
                            .toList();
        }

        private Slot slot(WorkerKey key) {
            Need size = new Need(1 + random.nextInt(4), 200 + random.nextInt(2500), gpusOfOneKind());
            Slot.Kind kind = List.of(Slot.Kind.values()).get(random.nextInt(4));
            Need free = switch (kind) {
                case COMING, IDLE -> size;
                case BUSY ->
                    new Need(
                            random.nextInt(size.cpus()),
                            random.nextInt(size.memMiB()),
                            size.gpus().count() == 0
                                    ? size.gpus()
                                    : new Gpus(size.gpus().kind(), 1));
                case LEAVING -> new Need(0, 0);
            };
            return new Slot(
                    key,
                    kind,
                    size,
                    free,
                    random.nextInt(5000),
                    NOW.minusSeconds(random.nextInt(60)),
                    random.nextInt(500));
        }

        Plan plan() {
            return Demand.plan(waiting, slots, policy, NOW);
        }
    }

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
                            && world.parts(job).stream()
                                    .noneMatch(part -> part.askFrom().isAfter(NOW)));
            assertThat(!plan.asks().isEmpty()).as("seed %d", seed).isEqualTo(someoneFits);
        }
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
                    400));
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
            world.waiting.replaceAll(job -> Samples.askedFrom(job, NOW.minusSeconds(1)));
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
                                480));
                    }
                }
                runWhatFits(world);
            }
        }
    }

    private static Need size(LeaseRequest request) {
        return new Need(
                request.cpus(), Policy.usableMemory(request.memMiB()), new Gpus(request.gpuKind(), request.gpus()));
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
                    .filter(slot -> part.perNode().fitsIn(slot.size()) && part.tmpMiB() <= slot.tmpMiB())
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
