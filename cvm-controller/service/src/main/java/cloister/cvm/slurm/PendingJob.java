package cloister.cvm.slurm;

import java.util.Set;

/**
 * A pending job of the local Slurm, or the pending tasks of an array, in numbers. What the local Slurm leaves open is 0.
 *
 * @param job number of the local job
 * @param submitted Unix seconds of its submission
 * @param restarts how often it was requeued
 * @param user id of the user whose job it is
 * @param nodes nodes that it asks for
 * @param cpus CPUs in all
 * @param tasks tasks in all, in Slurm's sense
 * @param cpusPerTask CPUs of each task
 * @param tasksPerNode most tasks on a node
 * @param memPerNodeMiB memory on each node
 * @param memPerCpuMiB memory for each CPU
 * @param tmpMiB least size of the temporary disk of each node ({@code --tmp})
 * @param exclusive whether it shares a node with nobody
 * @param spread whether its nodes are to be on different hosts ({@code --spread-job})
 * @param limitMin time limit in minutes; {@link Integer#MAX_VALUE} for none
 * @param priority 0 for a held job
 * @param eligibleAt Unix seconds from which it may start
 * @param reason Slurm's code word for why it waits
 * @param arrayTasks how many tasks of an array the record stands for, from 1
 * @param note what its owner was last told by us; nothing that anyone else wrote
 * @param gpus GPUs that it asks for
 * @param hetJob number of the heterogeneous job that it is a part of; 0 for none
 */
public record PendingJob(
        int job,
        long submitted,
        int restarts,
        long user,
        int nodes,
        int cpus,
        int tasks,
        int cpusPerTask,
        int tasksPerNode,
        int memPerNodeMiB,
        int memPerCpuMiB,
        int tmpMiB,
        boolean exclusive,
        boolean spread,
        int limitMin,
        long priority,
        long eligibleAt,
        String reason,
        int arrayTasks,
        String note,
        GpuWish gpus,
        int hetJob) {
    /** Reasons that more workers would not change. */
    private static final Set<String> NOT_FOR_WANT_OF_WORKERS = Set.of(
            "Dependency",
            "DependencyNeverSatisfied",
            "BeginTime",
            "JobHeldUser",
            "JobHeldAdmin",
            "PartitionTimeLimit",
            "PartitionNodeLimit",
            "PartitionDown",
            "PartitionInactive",
            "JobArrayTaskLimit",
            "BadConstraints",
            "Licenses",
            "InvalidAccount",
            "InvalidQOS",
            "Cleaning",
            "DeadLine",
            "JobHoldMaxRequeue");

    /** How everything begins that we tell a job's owner. */
    public static String noteMark() {
        return "cloister: ";
    }

    /** Whether it could start now if there were room for it. */
    public boolean eligible(long nowSeconds) {
        return priority > 0
                && eligibleAt > 0
                && eligibleAt <= nowSeconds
                && arrayTasks > 0
                && !reason.startsWith("Assoc")
                && !reason.startsWith("QOS")
                && !NOT_FOR_WANT_OF_WORKERS.contains(reason);
    }

    /** Whether it was requeued and only waits for the delay that Slurm puts before its next start. */
    public boolean waitsAfterRequeue() {
        return restarts > 0 && reason.equals("BeginTime");
    }
}
