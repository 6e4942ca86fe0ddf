package cloister.cvm.slurm;

import cloister.broker.GpuKind;
import cloister.cvm.demand.Gpus;

/**
 * The GPUs that a pending job asks for, in whichever of Slurm's ways; 0 is "not asked in this way".
 *
 * @param kind the one kind that it names; {@link GpuKind#NONE} for any
 * @param perJob in all
 * @param perNode on each node
 * @param perTask for each task
 * @param cpusPerGpu CPUs for each
 * @param memPerGpuMiB memory for each
 * @param servable whether we understand what it asks for, and a worker could have it
 */
public record GpuWish(
        GpuKind kind, int perJob, int perNode, int perTask, int cpusPerGpu, int memPerGpuMiB, boolean servable) {
    /** More than any worker has. */
    private static final int TOO_MANY = Integer.MAX_VALUE;

    /** No GPU. */
    public static GpuWish none() {
        return new GpuWish(GpuKind.NONE, 0, 0, 0, 0, 0, true);
    }

    /** What each of the job's nodes needs. A job that only names a kind, as a feature, needs a worker with one. */
    public Gpus onEach(int nodes, int tasks) {
        if (!servable) {
            return new Gpus(kind, TOO_MANY);
        }
        long tasksEach = divideUp(tasks, nodes);
        long each = Math.max(perNode, Math.max(divideUp(perJob, nodes), tasksEach * perTask));
        int least = kind == GpuKind.NONE ? 0 : 1;
        return new Gpus(kind, Math.clamp(each, least, TOO_MANY));
    }

    /** The fewest nodes for it where each has at most so many GPUs. */
    public int fewestNodes(int gpusEach, int tasks) {
        if (gpusEach == 0) {
            return 1;
        }
        int tasksEach = perTask == 0 ? tasks : Math.max(1, gpusEach / perTask);
        return (int) Math.max(divideUp(perJob, gpusEach), divideUp(tasks, Math.max(1, tasksEach)));
    }

    private static long divideUp(int value, int by) {
        return ((long) value + by - 1) / by;
    }
}
