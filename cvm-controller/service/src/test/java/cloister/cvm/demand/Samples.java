package cloister.cvm.demand;

import cloister.broker.GpuKind;
import cloister.broker.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Values for tests. */
public final class Samples {
    private Samples() {}

    /** Workers of at most 4 CPUs and 3072 MiB, eight hours, 30 idle seconds. */
    public static Limits limits(int maxWorkers, boolean spread) {
        return new Limits(4, 3072, maxWorkers, 480, 4096, 0, 256, 256, 5, List.of(GpuKind.NONE), 30, spread, 1);
    }

    /** The same with up to two GPUs of the kinds A and C. */
    public static Policy withGpus(int maxWorkers) {
        Limits limits =
                new Limits(4, 3072, maxWorkers, 480, 4096, 2, 256, 256, 5, List.of(GpuKind.A, GpuKind.C), 30, false, 1);
        return new Policy(limits, 3, 2, Duration.ofSeconds(10));
    }

    /** Three minutes for a boot, two of grace, ten seconds of patience. */
    public static Policy policy(int maxWorkers, boolean spread) {
        return new Policy(limits(maxWorkers, spread), 3, 2, Duration.ofSeconds(10));
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
                0);
    }

    static Waiting alone(Waiting job) {
        return like(job, job.tmpMiB(), true, job.spread(), job.tasks(), job.askFrom());
    }

    static Waiting tmp(Waiting job, int tmpMiB) {
        return like(job, tmpMiB, job.wholeWorker(), job.spread(), job.tasks(), job.askFrom());
    }

    static Waiting spread(Waiting job) {
        return like(job, job.tmpMiB(), job.wholeWorker(), true, job.tasks(), job.askFrom());
    }

    static Waiting tasks(Waiting job, int tasks) {
        return like(job, job.tmpMiB(), job.wholeWorker(), job.spread(), tasks, job.askFrom());
    }

    static Waiting askedFrom(Waiting job, Instant from) {
        return like(job, job.tmpMiB(), job.wholeWorker(), job.spread(), job.tasks(), from);
    }

    static Waiting together(Waiting job, int number) {
        return like(job, job.tmpMiB(), job.wholeWorker(), job.spread(), job.tasks(), job.askFrom(), number);
    }

    private static Waiting like(
            Waiting job, int tmpMiB, boolean wholeWorker, boolean spread, int tasks, Instant askFrom) {
        return like(job, tmpMiB, wholeWorker, spread, tasks, askFrom, job.together());
    }

    private static Waiting like(
            Waiting job, int tmpMiB, boolean wholeWorker, boolean spread, int tasks, Instant askFrom, int together) {
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
                together);
    }
}
