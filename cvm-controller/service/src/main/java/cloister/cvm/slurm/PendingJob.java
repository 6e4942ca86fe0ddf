package cloister.cvm.slurm;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

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
 * @param gate which workers it may run on, and which tasks of which array it stands for
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
        int hetJob,
        Gate gate) {
    /**
     * Which workers a job may run on, and which tasks of which array it stands for.
     *
     * @param lease the lease whose workers alone may run it; 0 where it is tied to none
     * @param shut whether no worker may run it
     * @param array number of the array that it belongs to; 0 for none
     * @param tasks the first of its tasks, at most {@link #mostTasks()}; empty where it is no array
     */
    public record Gate(int lease, boolean shut, int array, List<Integer> tasks) {
        private static final String SHUT = "unassigned";
        private static final String LEASE = "lease-";
        private static final int MOST_TASKS = 200;

        public Gate {
            tasks = List.copyOf(tasks);
        }

        /** Of a job that belongs to no array and may run anywhere. */
        public static Gate open() {
            return new Gate(0, false, 0, List.of());
        }

        /** From a feature that Slurm says; what is no word of ours says nothing. */
        static Gate of(String feature, int array, List<Integer> tasks) {
            int lease = feature.matches(LEASE + "[1-9][0-9]{0,8}")
                    ? Integer.parseInt(feature.substring(LEASE.length()))
                    : 0;
            return new Gate(lease, feature.equals(SHUT), array, tasks);
        }

        /** Whether the submit plugin or the controller set it, and no user. */
        static boolean ofPolicy(String feature) {
            return feature.matches(SHUT + "|" + LEASE + "[1-9][0-9]{0,8}|u[1-9][0-9]{0,9}");
        }

        /** The feature of a lease's workers; of 0 the one that no worker has. */
        public static String feature(int lease) {
            return lease == 0 ? SHUT : LEASE + lease;
        }

        /** More tasks than a project has workers are not looked at. */
        static int mostTasks() {
            return MOST_TASKS;
        }

        /** The number under which it was submitted. */
        public int origin(int job) {
            return array == 0 ? job : array;
        }
    }

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

    /** As {@code scontrol} names it, and it alone: the number of an array means all its tasks. */
    public String name() {
        return gate.tasks().isEmpty()
                ? Integer.toString(job)
                : gate.array() + "_["
                        + gate.tasks().stream().map(String::valueOf).collect(Collectors.joining(",")) + "]";
    }

    /** As {@code scontrol} names each of its tasks, or itself where it has none. */
    public List<String> taskNames() {
        return gate.tasks().isEmpty()
                ? List.of(name())
                : gate.tasks().stream().map(task -> gate.array() + "_" + task).toList();
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
