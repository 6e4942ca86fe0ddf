package cloister.bridge;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A placeholder to submit: one task for each worker machine.
 *
 * @param mark becomes the job's comment
 * @param account account that is charged
 * @param wckey wckey that is charged
 * @param tasks number of workers, 1 to 10,000
 * @param cpusPerTask cores for each worker, 1 to 4,096
 * @param memoryMiBPerTask memory for each worker in MiB with the machine's overhead, 1 MiB to 64 TiB
 * @param limit how long it may run, 1 minute to 365 days; Slurm counts whole minutes, so it is rounded up
 * @param spread every worker on a host of its own
 * @param warning how long before the limit Slurm signals the job, 1 second to 18 hours; where the site's Slurm has
 *     PreemptParameters=send_user_signal, also before a preemption
 * @param gpus for each worker
 * @param outlivesHosts whether it goes on with the rest when Slurm gives one of its hosts up, rather than end as NODE_FAIL; one
 *     that has a single host ends all the same
 */
public record PlaceholderRequest(
        Mark mark,
        String account,
        String wckey,
        int tasks,
        int cpusPerTask,
        int memoryMiBPerTask,
        Duration limit,
        boolean spread,
        Optional<Duration> warning,
        Optional<Gpus> gpus,
        boolean outlivesHosts) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9_]{1,64}");
    private static final int MOST_TASKS = 10_000;
    private static final int MOST_CPUS = 4_096;
    private static final int MOST_MEMORY_MIB = 64 * 1024 * 1024;
    private static final Duration SHORTEST = Duration.ofMinutes(1);
    private static final Duration LONGEST = Duration.ofDays(365);
    /** Slurm counts the seconds in 16 bits, of which the highest values mean something else. */
    private static final Duration EARLIEST_WARNING = Duration.ofHours(18);

    /** Refuses what no site could hold, before Slurm sees it. */
    public PlaceholderRequest {
        if (!NAME.matcher(account).matches()) throw new IllegalArgumentException("not an account: " + account);
        if (!NAME.matcher(wckey).matches()) throw new IllegalArgumentException("not a wckey: " + wckey);
        within("tasks", tasks, MOST_TASKS);
        within("cpusPerTask", cpusPerTask, MOST_CPUS);
        within("memoryMiBPerTask", memoryMiBPerTask, MOST_MEMORY_MIB);
        if (limit.compareTo(SHORTEST) < 0 || limit.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("limit must be from " + SHORTEST + " to " + LONGEST + ": " + limit);
        }
        boolean tellable = warning.isEmpty()
                || (warning.get().toSeconds() >= 1 && warning.get().compareTo(EARLIEST_WARNING) <= 0);
        if (!tellable) {
            throw new IllegalArgumentException("warning must be from PT1S to " + EARLIEST_WARNING + ": " + warning);
        }
    }

    /** One that ends when it loses a host. */
    public PlaceholderRequest(
            Mark mark,
            String account,
            String wckey,
            int tasks,
            int cpusPerTask,
            int memoryMiBPerTask,
            Duration limit,
            boolean spread,
            Optional<Duration> warning,
            Optional<Gpus> gpus) {
        this(mark, account, wckey, tasks, cpusPerTask, memoryMiBPerTask, limit, spread, warning, gpus, false);
    }

    /** One without GPUs. */
    public PlaceholderRequest(
            Mark mark,
            String account,
            String wckey,
            int tasks,
            int cpusPerTask,
            int memoryMiBPerTask,
            Duration limit,
            boolean spread,
            Optional<Duration> warning) {
        this(mark, account, wckey, tasks, cpusPerTask, memoryMiBPerTask, limit, spread, warning, Optional.empty());
    }

    /** One without a warning and without GPUs. */
    public PlaceholderRequest(
            Mark mark,
            String account,
            String wckey,
            int tasks,
            int cpusPerTask,
            int memoryMiBPerTask,
            Duration limit,
            boolean spread) {
        this(mark, account, wckey, tasks, cpusPerTask, memoryMiBPerTask, limit, spread, Optional.empty());
    }

    private static void within(String what, int value, int most) {
        if (value < 1 || value > most)
            throw new IllegalArgumentException(what + " must be 1 to " + most + ": " + value);
    }

    /** Memory is asked per core because workers may share a host; rounded up to whole MiB. */
    public int memoryMiBPerCpu() {
        return Math.ceilDiv(memoryMiBPerTask, cpusPerTask);
    }

    /** The limit in whole minutes, rounded up. */
    public long limitMinutes() {
        return limit.plusMinutes(1).minusNanos(1).toMinutes();
    }
}
