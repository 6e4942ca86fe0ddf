package cloister.cvm.demand;

import cloister.broker.GpuKind;
import cloister.broker.Isolation;
import cloister.broker.LeaseRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which leases to ask for and which to give back.
 *
 * <p>Waiting jobs are first put, on paper, into the workers that there are or that are coming; the local Slurm decides what
 * really runs where, so nothing here ties a job to a worker, save where the project's policy gives each job workers of its own.
 * For what is left, leases are asked for in the order of priority: jobs on one node that are alike share workers, each worker its
 * own lease so that the site can start them one by one; a job on several nodes gets one lease that comes whole or not at all. The
 * parts of a heterogeneous job are asked for when there is place for all of them, and in one lease where their sizes are not too
 * different. Last come the workers that are kept for the next job.
 */
public final class Demand {
    private final Policy policy;
    private final List<Slot> slots;
    private final Instant now;
    private final Rooms rooms;
    private final OptionalInt warmFor;
    private final List<Ask> asks = new ArrayList<>();
    private final List<JobKey> impossible = new ArrayList<>();
    private int budget;
    private int missing;

    private Demand(List<Slot> slots, Policy policy, OptionalInt warmFor, Instant now) {
        this.policy = policy;
        this.slots = slots.stream().sorted(Comparator.comparing(Slot::key)).toList();
        this.now = now;
        this.warmFor = warmFor;
        this.rooms = new Rooms(this.slots, now, policy.patience());
        this.budget = policy.limits().maxWorkers() - slots.size();
    }

    /**
     * Compares what waits with what there is.
     *
     * @param waiting jobs that could start at once if there were room; their order does not matter
     * @param slots every live worker of every live lease, one that is leaving included
     */
    public static Plan plan(List<Waiting> waiting, List<Slot> slots, Policy policy, Instant now) {
        return plan(waiting, slots, policy, OptionalInt.empty(), now);
    }

    /**
     * The same with the workers that are kept for the next job.
     *
     * @param warmFor the member on whom these are booked; empty where none may be asked for now
     */
    public static Plan plan(List<Waiting> waiting, List<Slot> slots, Policy policy, OptionalInt warmFor, Instant now) {
        return new Demand(slots, policy, warmFor, now).plan(waiting);
    }

    private Plan plan(List<Waiting> waiting) {
        Map<Integer, List<Waiting>> parts =
                waiting.stream().filter(job -> job.together() != 0).collect(Collectors.groupingBy(Waiting::together));
        List<Waiting> possible = new ArrayList<>();
        for (Waiting job : waiting.stream().sorted(Waiting.BY_PRIORITY).toList()) {
            if (couldEverRun(parts.getOrDefault(job.together(), List.of(job)))) {
                possible.add(job);
            } else {
                impossible.add(job.key());
            }
        }
        Map<JobKey, Integer> left = rooms.place(possible);
        List<Waiting> unplaced = possible.stream()
                .filter(job -> left.getOrDefault(job.key(), 0) > 0
                        && job.binding().lease() == 0
                        && parts.getOrDefault(job.together(), List.of(job)).stream()
                                .noneMatch(part -> part.askFrom().isAfter(now)))
                .toList();
        ask(unplaced, left);
        Set<WorkerKey> warm = warm();
        askWarm(warm.size());
        return new Plan(
                asks,
                withdraw(warm),
                release(warm),
                impossible,
                rooms.coming(),
                ties(possible),
                bound(possible, left),
                missing > 0);
    }

    /** Whether all that start at once could: a job, or the parts of a heterogeneous one. */
    private boolean couldEverRun(List<Waiting> parts) {
        return nodes(parts) <= policy.limits().maxWorkers()
                && parts.stream()
                        .allMatch(job -> job.perNode()
                                        .fitsIn(policy.largest(
                                                job.perNode().gpus().kind()))
                                && job.tmpMiB() <= policy.largestTmpMiB()
                                && job.limitMin() <= policy.longestLimitMin());
    }

    private static long nodes(List<Waiting> parts) {
        return parts.stream().mapToLong(Waiting::nodes).sum();
    }

    /** Strictly by priority: a large job that has to wait for the limit is not overtaken by small ones for ever. */
    private void ask(List<Waiting> unplaced, Map<JobKey, Integer> left) {
        Set<JobKey> done = new HashSet<>();
        for (Waiting job : unplaced) {
            if (done.contains(job.key())) {
                continue;
            }
            boolean asked;
            boolean own = policy.limits().isolation() == Isolation.JOB;
            if (job.together() != 0 && !own) {
                List<Waiting> parts = unplaced.stream()
                        .filter(other -> other.together() == job.together())
                        .toList();
                parts.forEach(part -> done.add(part.key()));
                asked = askTogether(parts);
            } else if (job.nodes() > 1 || job.wholeWorker() || own) {
                done.add(job.key());
                asked = askWhole(job, left.getOrDefault(job.key(), 0));
            } else {
                List<Waiting> alike = unplaced.stream().filter(job::sharesWith).toList();
                alike.forEach(other -> done.add(other.key()));
                asked = askShared(job, alike, left);
            }
            if (!asked) {
                return;
            }
        }
    }

    /** The parts of a heterogeneous job: a lease for all of them, or one for each where much of a common one would lie idle. */
    private boolean askTogether(List<Waiting> parts) {
        int nodes = (int) nodes(parts);
        if (budget < nodes) {
            missing = nodes - budget;
            return false;
        }
        Optional<Waiting> common = Joint.of(parts);
        if (common.isPresent()) {
            List<JobKey> keys = parts.stream().map(Waiting::key).toList();
            add(common.get(), nodes, common.get().perNode(), keys);
        } else {
            parts.forEach(part -> add(part, part.nodes(), part.perNode(), List.of(part.key())));
        }
        return true;
    }

    private boolean askWhole(Waiting job, int tasks) {
        for (int task = 0; task < tasks; task++) {
            if (budget < job.nodes()) {
                missing = job.nodes() - budget;
                return false;
            }
            add(job, job.nodes(), job.perNode(), List.of(job.key()));
        }
        return true;
    }

    private boolean askShared(Waiting job, List<Waiting> alike, Map<JobKey, Integer> left) {
        if (budget < 1) {
            missing = 1;
            return false;
        }
        int tasks = 0;
        for (Waiting other : alike) {
            tasks = Math.min(1_000_000, tasks + left.getOrDefault(other.key(), 0));
        }
        int most = Math.min(
                tasks, job.perNode().fitting(policy.largest(job.perNode().gpus().kind())));
        int workers = Math.min(budget, divideUp(tasks, most));
        int each = Math.min(most, divideUp(tasks, workers));
        Need size = job.perNode().times(each);
        List<JobKey> keys = alike.stream().map(Waiting::key).toList();
        for (int worker = 0; worker < workers; worker++) {
            add(job, 1, size, keys);
        }
        return true;
    }

    private void add(Waiting job, int workers, Need size, List<JobKey> keys) {
        budget -= workers;
        Gpus gpus = policy.named(size.gpus());
        asks.add(new Ask(
                new LeaseRequest(
                        job.member(),
                        workers,
                        Math.max(1, size.cpus()),
                        policy.workerMemory(size.memMiB()),
                        gpus.kind(),
                        gpus.count(),
                        policy.scratch(job.tmpMiB()),
                        policy.term(job.limitMin()),
                        workers > 1 && (job.spread() || policy.limits().spread())),
                keys));
    }

    /**
     * The workers that are kept for the next job: those that could take one of the usual limit, and first those that have come. None
     * while jobs wait for a place.
     */
    private Set<WorkerKey> warm() {
        if (missing > 0) {
            return Set.of();
        }
        return slots.stream()
                .filter(slot -> slot.kind() == Slot.Kind.IDLE || slot.kind() == Slot.Kind.COMING)
                .filter(slot -> !rooms.used(slot.key()) && slot.usableMin() >= policy.usualLimitMin())
                .sorted(Comparator.comparing(Slot::kind).reversed().thenComparing(Slot::key))
                .limit(policy.warmWorkers())
                .map(Slot::key)
                .collect(Collectors.toSet());
    }

    /** As small as a job that names nothing needs, and for as long as can be. */
    private void askWarm(int kept) {
        if (missing > 0 || warmFor.isEmpty()) {
            return;
        }
        for (int worker = kept; worker < policy.warmWorkers() && budget > 0; worker++) {
            budget--;
            asks.add(new Ask(
                    new LeaseRequest(
                            warmFor.getAsInt(),
                            1,
                            1,
                            policy.workerMemory(policy.defaultMemPerCpuMiB()),
                            GpuKind.NONE,
                            0,
                            policy.scratch(0),
                            policy.term(policy.longestLimitMin()),
                            false),
                    List.of(JobKey.warm())));
        }
    }

    /** Jobs whose own workers are all in the local Slurm, which is to be told so. */
    private List<Plan.Tie> ties(List<Waiting> jobs) {
        Set<Integer> incomplete = slots.stream()
                .filter(slot -> slot.kind() != Slot.Kind.IDLE || !slot.tenant().once())
                .map(slot -> slot.key().lease())
                .collect(Collectors.toSet());
        return jobs.stream()
                .filter(job -> job.binding().lease() == 0)
                .flatMap(job -> places(job)
                        .filter(lease -> !incomplete.contains(lease))
                        .map(lease -> new Plan.Tie(job.key(), lease)))
                .toList();
    }

    private Stream<Integer> places(Waiting job) {
        return rooms.places().getOrDefault(job.key(), Collections.emptySortedSet()).stream()
                .map(WorkerKey::lease)
                .distinct();
    }

    private static Set<JobKey> bound(List<Waiting> jobs, Map<JobKey, Integer> left) {
        return jobs.stream()
                .filter(job -> job.binding().lease() != 0 && left.getOrDefault(job.key(), 1) == 0)
                .map(Waiting::key)
                .collect(Collectors.toSet());
    }

    /** A lease is withdrawn while nothing of it has come; afterwards its workers go one by one when they are idle. */
    private List<Integer> withdraw(Set<WorkerKey> warm) {
        Set<Integer> kept = new HashSet<>();
        for (Slot slot : slots) {
            if (slot.kind() != Slot.Kind.COMING || rooms.used(slot.key()) || warm.contains(slot.key())) {
                kept.add(slot.key().lease());
            }
        }
        return slots.stream()
                .map(slot -> slot.key().lease())
                .filter(lease -> !kept.contains(lease))
                .distinct()
                .toList();
    }

    /** Idle workers go when they were idle for long enough, when their term ends, or when another job needs their place. */
    private List<WorkerKey> release(Set<WorkerKey> warm) {
        Duration idle = Duration.ofSeconds(policy.limits().idleSeconds());
        List<WorkerKey> release = new ArrayList<>();
        int reclaim = missing;
        List<Slot> longestIdle = slots.stream()
                .filter(slot -> slot.kind() == Slot.Kind.IDLE && !rooms.used(slot.key()) && !warm.contains(slot.key()))
                .sorted(Comparator.comparing(Slot::since).thenComparing(Slot::key))
                .toList();
        for (Slot slot : longestIdle) {
            boolean over = slot.usableMin() < 1
                    || slot.tenant().once()
                    || Duration.between(slot.since(), now).compareTo(idle) >= 0;
            if (over || reclaim > 0) {
                release.add(slot.key());
                reclaim--;
            }
        }
        return release.stream().sorted().toList();
    }

    private static int divideUp(int value, int by) {
        return (value + by - 1) / by;
    }
}
