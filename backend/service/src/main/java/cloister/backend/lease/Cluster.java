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

    /** Slurm gave up its wait at our gate, as it does when we are not heard there, and holds the placeholder: it asks no more. */
    static boolean gateFailed(Placeholder waiting) {
        return waiting.reason().equals("BurstBufferOperation");
    }

    /**
     * Whether a placeholder that waits had its hosts and lost them: what starts there has nothing that stands for it. After a
     * crash slurmctld may show it as it was before, and ask at the gate again: then it did not lose them.
     */
    static boolean putBack(Placeholder waiting, Hold hold) {
        return waiting.restart() > hold.restart()
                || gateFailed(waiting)
                || waits(waiting.reason()) == ReasonCode.QUEUED_HELD;
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
