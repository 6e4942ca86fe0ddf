package cloister.cvm.demand;

import cloister.broker.GpuKind;
import cloister.broker.Isolation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A queue and workers as chance has it. */
final class World {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    final Random random;
    final Policy policy;
    final List<Waiting> waiting = new ArrayList<>();
    final List<Slot> slots = new ArrayList<>();

    World(long seed) {
        random = new Random(seed);
        policy = policy();
        int jobs = random.nextInt(12);
        for (int job = 1; job <= jobs; job++) {
            waiting.add(job(job));
        }
        int workers = random.nextInt(policy.limits().maxWorkers() + 1);
        int lease = 1;
        while (workers > 0) {
            int together = Math.min(workers, 1 + random.nextInt(3));
            Tenant tenant = tenant(lease);
            for (int worker = 1; worker <= together; worker++) {
                slots.add(slot(new WorkerKey(lease, worker), tenant));
            }
            workers -= together;
            lease++;
        }
    }

    private Policy policy() {
        return switch (random.nextInt(5)) {
            case 0 -> Samples.policy(1 + random.nextInt(12), random.nextBoolean());
            case 1 -> Samples.withGpus(1 + random.nextInt(12));
            case 2 -> Samples.policy(1 + random.nextInt(12), Isolation.USER, 0);
            default -> Samples.policy(1 + random.nextInt(12), Isolation.JOB, 0);
        };
    }

    /** Of a worker that was asked for this job. */
    Tenant tenant(JobKey job, int member) {
        return switch (policy.limits().isolation()) {
            case PROJECT -> new Tenant.Everybody();
            case USER -> new Tenant.OneMember(member);
            case JOB -> new Tenant.OneJob(job, false);
        };
    }

    /** Of a lease that was asked for one of the jobs some time ago. */
    private Tenant tenant(int lease) {
        if (waiting.isEmpty() || random.nextInt(5) == 0) {
            return policy.limits().isolation() == Isolation.JOB
                    ? new Tenant.Nobody()
                    : tenant(new JobKey(99, 1, 0), 1 + random.nextInt(2));
        }
        int at = random.nextInt(waiting.size());
        Waiting job = waiting.get(at);
        boolean tied = policy.limits().isolation() == Isolation.JOB && random.nextBoolean();
        if (tied) {
            waiting.set(at, Samples.bound(job, lease));
        }
        return tied ? new Tenant.OneJob(job.key(), true) : tenant(job.key(), job.member());
    }

    private Waiting job(int number) {
        JobKey key = new JobKey(number, 1000L + random.nextInt(5), random.nextInt(2));
        int together = random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0;
        return new Waiting(
                key,
                // The parts of a heterogeneous job are one member's.
                together == 0 ? 1 + random.nextInt(2) : together,
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
                together,
                new Binding(key, 0));
    }

    /** Of none, which is the most common, or of some kind, for a job of any. */
    private Gpus gpus(int most) {
        boolean site = policy.largest().gpus().count() > 0;
        int count = random.nextInt(site ? 3 : 12) == 0 ? most : 0;
        GpuKind kind = List.of(GpuKind.values()).get(random.nextInt(4));
        return count == 0 ? Gpus.none() : new Gpus(kind, count);
    }

    private Gpus gpusOfOneKind() {
        return random.nextInt(3) == 0 ? new Gpus(GpuKind.A, 1 + random.nextInt(2)) : Gpus.none();
    }

    List<Waiting> parts(Waiting job) {
        return job.together() == 0
                ? List.of(job)
                : waiting.stream()
                        .filter(other -> other.together() == job.together())
                        .toList();
    }

    private Slot slot(WorkerKey key, Tenant tenant) {
        boolean own = tenant.once();
        // What was asked for a job holds it.
        Need size =
                own ? policy.largest() : new Need(1 + random.nextInt(4), 200 + random.nextInt(2500), gpusOfOneKind());
        Slot.Kind kind = own && random.nextInt(4) > 0
                ? Slot.Kind.IDLE
                : List.of(Slot.Kind.values()).get(random.nextInt(4));
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
                own ? 5000 : random.nextInt(5000),
                NOW.minusSeconds(random.nextInt(own ? 15 : 60)),
                own ? 500 : random.nextInt(500),
                tenant);
    }

    Plan plan() {
        return Demand.plan(waiting, slots, policy, NOW);
    }
}
