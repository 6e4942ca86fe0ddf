package cloister.cvm.demand;

import java.time.Instant;
import java.util.Comparator;

/**
 * A local job, or an array's waiting tasks, that could start at once if there were workers for it.
 *
 * @param key which job
 * @param member number of the member whose job it is
 * @param nodes how many nodes each task needs at once, from 1
 * @param perNode what it needs on each
 * @param tmpMiB temporary disk that each of its workers has to have; nothing of it is taken from other jobs
 * @param wholeWorker whether it shares a worker with nobody
 * @param spread whether its workers are to be on different hosts
 * @param limitMin its time limit in minutes
 * @param tasks how many such tasks wait and may run side by side, from 1
 * @param priority the local Slurm's, larger first
 * @param since when it was first seen ready to start
 * @param askFrom no lease is asked for it before: earlier ones came to nothing
 * @param together number that the parts of a heterogeneous job share, which start at once or not at all, each on nodes of its
 *     own; 0 for any other job
 * @param binding which workers it is tied to, where each job has its own
 */
public record Waiting(
        JobKey key,
        int member,
        int nodes,
        Need perNode,
        int tmpMiB,
        boolean wholeWorker,
        boolean spread,
        int limitMin,
        int tasks,
        long priority,
        Instant since,
        Instant askFrom,
        int together,
        Binding binding) {
    /** Large ones first, so that small ones do not take the rooms that only they would fit. */
    static final Comparator<Waiting> LARGEST_FIRST = Comparator.<Waiting>comparingInt(
                    w -> -w.perNode.gpus().count())
            .thenComparingInt(w -> -w.nodes)
            .thenComparingInt(w -> -w.perNode.cpus())
            .thenComparingInt(w -> -w.perNode.memMiB())
            .thenComparing(w -> !w.wholeWorker)
            .thenComparingInt(w -> -w.limitMin)
            .thenComparing(Waiting::key);

    /** The order in which the local Slurm would start them. */
    static final Comparator<Waiting> BY_PRIORITY =
            Comparator.<Waiting>comparingLong(w -> -w.priority).thenComparing(Waiting::key);

    public Waiting {
        if (nodes < 1 || tasks < 1) {
            throw new IllegalArgumentException("a waiting job needs a node and has a task");
        }
    }

    /** Whether a worker made for this job serves the other as well. */
    boolean sharesWith(Waiting other) {
        return nodes == 1
                && other.nodes == 1
                && together == 0
                && other.together == 0
                && !wholeWorker
                && !other.wholeWorker
                && member == other.member
                && limitMin == other.limitMin
                && tmpMiB == other.tmpMiB
                && perNode.equals(other.perNode);
    }
}
