package cloister.cvm.slurm;

import cloister.cvm.demand.Gpus;
import cloister.cvm.demand.Need;
import cloister.cvm.demand.WorkerKey;

/**
 * A worker's node as the local Slurm sees it.
 *
 * @param worker which worker
 * @param state what Slurm says of it
 * @param size what it offers
 * @param taken what jobs have of it
 * @param lastBusy Unix seconds at which a job last ran there; 0 for never
 */
public record Node(WorkerKey worker, NodeState state, Need size, Need taken, long lastBusy) {
    /** What no job has. */
    public Need free() {
        return new Need(
                Math.max(0, size.cpus() - taken.cpus()),
                Math.max(0, size.memMiB() - taken.memMiB()),
                new Gpus(
                        size.gpus().kind(),
                        Math.max(0, size.gpus().count() - taken.gpus().count())));
    }
}
