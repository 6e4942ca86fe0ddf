package cloister.cvm;

import cloister.broker.LeaseList;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.broker.ReasonCode;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.fleet.Fleet;
import cloister.cvm.slurm.Node;
import cloister.cvm.slurm.PendingJob;
import cloister.cvm.worker.Event;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Something that the controller's loop is told. Nothing is done where it is heard: it queues. */
sealed interface News {
    /** What waits in the local Slurm, and its workers' nodes where they were looked at too. */
    record Queue(List<PendingJob> pending, Optional<List<Node>> nodes, Instant at) implements News {}

    /** All live leases, or those that changed. */
    record Leases(boolean all, LeaseList list) implements News {}

    /** The local Slurm was told which jobs have which workers: what was seen of it before is of the past. */
    record Bound(Instant at) implements News {}

    /** What the project may ask for. */
    record NewLimits(Limits limits) implements News {}

    /** Who works here. */
    record NewMembers(Members members) implements News {}

    /** Which tunnels carry. */
    record Tunnels(Set<String> carrying, Instant at) implements News {}

    /** What came of asking for a lease. */
    record Asked(int lease, Fleet.Outcome outcome) implements News {}

    /** What came of giving a lease back. */
    record Dropped(int lease, Fleet.Outcome outcome) implements News {}

    /** These jobs of the local Slurm ran on a worker that is lost, for a reason. */
    record Interrupted(List<Integer> jobs, ReasonCode reason) implements News {
        public Interrupted {
            jobs = List.copyOf(jobs);
        }
    }

    /** Something happened to a worker. */
    record Happened(WorkerKey worker, Event event) implements News {}
}
