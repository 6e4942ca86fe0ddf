package cloister.cvm.slurm;

import java.util.List;

/** What the local Slurm says of a worker's node, in the distinctions that matter here. */
public enum NodeState {
    /** It takes jobs and has none. */
    FREE,
    /** It has jobs, or is cleaning up after one. */
    BUSY,
    /** It takes no new job but still has some. */
    DRAINING,
    /** It takes no new job and has none. */
    DRAINED,
    /** Slurm gave it up. */
    DOWN;

    /** From Slurm's set of state words. */
    static NodeState of(List<String> words) {
        if (words.contains("DOWN")
                || words.contains("FAIL")
                || words.contains("ERROR")
                || words.contains("INVALID_REG")) {
            return DOWN;
        }
        boolean occupied = words.contains("ALLOCATED") || words.contains("MIXED") || words.contains("COMPLETING");
        if (words.contains("DRAIN")) {
            return occupied ? DRAINING : DRAINED;
        }
        return occupied ? BUSY : FREE;
    }
}
