package cloister.cvm.fleet;

import cloister.broker.LeaseRequest;
import cloister.broker.ReasonCode;
import cloister.cvm.demand.JobKey;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.worker.Effect;
import java.util.List;

/** Something that the fleet wants done outside. Every act can be done twice. */
public sealed interface Act {
    /**
     * Keep the request on the CVM's drive, then ask the broker for the lease.
     *
     * @param onlyFor where it was never asked for: the jobs of which one must still wait, or it is not asked for at all.
     *     The look at the queue that led to it is older than the look at the nodes.
     */
    record AskLease(int lease, LeaseRequest request, List<JobKey> onlyFor) implements Act {
        public AskLease {
            onlyFor = List.copyOf(onlyFor);
        }
    }

    /** Give a lease back. */
    record DropLease(int lease) implements Act {}

    /** Forget what the drive keeps of a lease: nothing of it is left. */
    record ForgetLease(int lease) implements Act {}

    /** Ask the broker which number the next lease has. */
    record LearnLimits() implements Act {}

    /** Do something for a worker. */
    record ForWorker(WorkerKey worker, Effect effect) implements Act {}

    /** Take away the node of a worker that no lease knows. */
    record Sweep(WorkerKey worker) implements Act {}

    /** These jobs' lease came to nothing, for a reason: ask for them more slowly. */
    record SlowDown(List<JobKey> jobs, ReasonCode reason) implements Act {
        public SlowDown {
            jobs = List.copyOf(jobs);
        }
    }
}
