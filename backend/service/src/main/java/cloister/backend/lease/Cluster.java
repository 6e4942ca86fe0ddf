package cloister.backend.lease;

import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.broker.ReasonCode;

/** What Slurm's words are in the words of a lease. */
final class Cluster {
    private Cluster() {}

    /** Why a placeholder waits: Slurm's documented reason codes (squeue, "JOB REASON CODES"), grouped. */
    static ReasonCode waits(String reason) {
        if (reason.startsWith("JobHeld")) {
            return ReasonCode.QUEUED_HELD;
        }
        if (reason.startsWith("Assoc") || reason.startsWith("QOS") || reason.endsWith("Limit")) {
            return ReasonCode.QUEUED_LIMIT;
        }
        return switch (reason) {
            case "Priority" -> ReasonCode.QUEUED_PRIORITY;
            case "Resources", "ReqNodeNotAvail", "BurstBufferResources" -> ReasonCode.QUEUED_RESOURCES;
            default -> ReasonCode.QUEUED_OTHER;
        };
    }

    /** What a lease comes to whose placeholder is over though we did not end it; where Slurm does not say yet, it will. */
    static Verdict over(Placeholder seen) {
        // Of what slurmctld lost slurmdbd may yet hear the end.
        return seen.end()
                .filter(end -> end != PlaceholderState.LOST)
                .<Verdict>map(end -> new Verdict.Finish(ended(end)))
                .orElseGet(Verdict.AsTheClusterSays::new);
    }

    /** Why a placeholder that we did not end is over. */
    static ReasonCode ended(PlaceholderState state) {
        return switch (state) {
            case CANCELLED -> ReasonCode.CANCELLED_BY_ADMIN;
            case TIMEOUT -> ReasonCode.TERM_REACHED;
            case PREEMPTED -> ReasonCode.PREEMPTED;
            case NODE_FAIL, BOOT_FAIL -> ReasonCode.HOST_LOST;
            case COMPLETED, FAILED, OUT_OF_MEMORY, DEADLINE, LOST -> ReasonCode.CLUSTER_FAILED;
            case PENDING, CONFIGURING, RUNNING, SUSPENDED, COMPLETING ->
                throw new IllegalArgumentException(state + " is not an end");
        };
    }
}
