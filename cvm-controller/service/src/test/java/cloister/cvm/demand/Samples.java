package cloister.cvm.demand;

import cloister.broker.GpuKind;
import cloister.broker.Isolation;
import cloister.broker.Limits;
import cloister.broker.Members;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Values for tests. */
public final class Samples {
    private Samples() {}

    /** Workers of at most 4 CPUs and 3072 MiB, eight hours, 30 idle seconds. */
    public static Limits limits(int maxWorkers, boolean spread) {
        return limits(maxWorkers, spread, Isolation.PROJECT, 0);
    }

    private static Limits limits(int maxWorkers, boolean spread, Isolation isolation, int warm) {
        return new Limits(
                4,
                3072,
                maxWorkers,
                480,
                4096,
                0,
                256,
                256,
                5,
                List.of(GpuKind.NONE),
                30,
                spread,
                isolation,
                warm,
                0,
                1);
    }

    /** The same with up to two GPUs of the kinds A and C. */
    public static Policy withGpus(int maxWorkers) {
        Limits limits = new Limits(
                4,
                3072,
                maxWorkers,
                480,
                4096,
                2,
                256,
                256,
                5,
                List.of(GpuKind.A, GpuKind.C),
                30,
                false,
                Isolation.PROJECT,
                0,
                0,
                1);
        return new Policy(limits, 3, 2, Duration.ofSeconds(10));
    }

    /** Three minutes for a boot, two of grace, ten seconds of patience. */
    public static Policy policy(int maxWorkers, boolean spread) {
        return new Policy(limits(maxWorkers, spread), 3, 2, Duration.ofSeconds(10));
    }

    /** The same, where the site decided otherwise. */
    public static Policy policy(int maxWorkers, Isolation isolation, int warm) {
        return new Policy(limits(maxWorkers, false, isolation, warm), 3, 2, Duration.ofSeconds(10));
    }

    /** Alice and bob. */
    public static Members members() {
        return new Members(
                1,
                List.of(
                        new Members.Member(1, "alice", 5001, List.of()),
                        new Members.Member(2, "bob", 5002, List.of())));
    }

    static Instant noon() {
        return Instant.parse("2026-01-01T12:00:00Z");
    }

    /** A job of 500 MiB for each CPU, ready since noon. */
    static Waiting job(int number, int nodes, int cpus, int tasks) {
        return job(number, nodes, new Need(cpus, 500 * cpus), tasks, noon());
    }

    /** A worker of 600 MiB for each CPU, all of it taken where it is busy. */
    static Slot slot(int lease, int worker, Slot.Kind kind, int cpus, Instant since) {
        Need size = new Need(cpus, 600 * cpus);
        return new Slot(
                new WorkerKey(lease, worker),
                kind,
                size,
                kind == Slot.Kind.BUSY ? new Need(0, 0) : size,
                900,
                since,
                400,
                new Tenant.Everybody());
    }

    static Waiting job(int number, int nodes, Need need, int tasks, Instant since) {
        return new Waiting(
                new JobKey(number, 1000L + number, 0),
                1,
                nodes,
                need,
                0,
                false,
                false,
                10,
                tasks,
                1000 - number,
                since,
                since,
                0,
                new Binding(new JobKey(number, 1000L + number, 0), 0));
    }

    static Waiting alone(Waiting job) {
        return like(job, job.tmpMiB(), true, job.spread(), job.tasks(), job.askFrom(), job.binding());
    }

    static Waiting tmp(Waiting job, int tmpMiB) {
        return like(job, tmpMiB, job.wholeWorker(), job.spread(), job.tasks(), job.askFrom(), job.binding());
    }

    static Waiting spread(Waiting job) {
        return like(job, job.tmpMiB(), job.wholeWorker(), true, job.tasks(), job.askFrom(), job.binding());
    }

    static Waiting tasks(Waiting job, int tasks) {
        return like(job, job.tmpMiB(), job.wholeWorker(), job.spread(), tasks, job.askFrom(), job.binding());
    }

    static Waiting askedFrom(Waiting job, Instant from) {
        return like(job, job.tmpMiB(), job.wholeWorker(), job.spread(), job.tasks(), from, job.binding());
    }

    static Waiting bound(Waiting job, int lease) {
        return like(
                job,
                job.tmpMiB(),
                job.wholeWorker(),
                job.spread(),
                1,
                job.askFrom(),
                new Binding(job.binding().origin(), lease));
    }

    static Waiting unbound(Waiting job) {
        return like(
                job,
                job.tmpMiB(),
                job.wholeWorker(),
                job.spread(),
                job.tasks(),
                job.askFrom(),
                new Binding(job.binding().origin(), 0));
    }

    static Waiting together(Waiting job, int number) {
        return like(
                job, job.tmpMiB(), job.wholeWorker(), job.spread(), job.tasks(), job.askFrom(), number, job.binding());
    }

    private static Waiting like(
            Waiting job, int tmpMiB, boolean wholeWorker, boolean spread, int tasks, Instant askFrom, Binding binding) {
        return like(job, tmpMiB, wholeWorker, spread, tasks, askFrom, job.together(), binding);
    }

    private static Waiting like(
            Waiting job,
            int tmpMiB,
            boolean wholeWorker,
            boolean spread,
            int tasks,
            Instant askFrom,
            int together,
            Binding binding) {
        return new Waiting(
                job.key(),
                job.member(),
                job.nodes(),
                job.perNode(),
                tmpMiB,
                wholeWorker,
                spread,
                job.limitMin(),
                tasks,
                job.priority(),
                job.since(),
                askFrom,
                together,
                binding);
    }
}
