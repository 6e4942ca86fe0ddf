package cloister.cvm.slurm;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Reads {@code squeue --json --states=PENDING}. */
public final class JobsReader {
    private static final int MOST_JOBS = 100_000;

    /** The one array syntax that Slurm writes: {@code 1-20}, {@code 3,5,7-9:2}, perhaps with {@code %4} at the end. */
    private static final int MOST_ARRAY_TASKS = 4_000_001;

    private int job;
    private long submitted;
    private int restarts;
    private long user;
    private int nodes;
    private int cpus;
    private int tasks;
    private int cpusPerTask;
    private int tasksPerNode;
    private int memPerNodeMiB;
    private int memPerCpuMiB;
    private int tmpMiB;
    private boolean exclusive;
    private boolean spread;
    private int limitMin;
    private long priority;
    private long eligibleAt;
    private String reason = "";
    private String note = "";
    private String arrayTasks = "";
    private int arrayLimit;
    private String feature = "";
    private int array;
    private OptionalLong task = OptionalLong.empty();
    private List<String> states = List.of();
    private final GpuReader gpus = new GpuReader();
    private int hetJob;

    private JobsReader() {}

    /**
     * The pending jobs in the reply's order.
     *
     * @throws Unreadable where the reply is not what Slurm 24.11 and later write, or tells of an error
     */
    public static List<PendingJob> read(byte[] json) throws Unreadable {
        List<PendingJob> jobs = new ArrayList<>();
        Answer.each(json, "jobs", answer -> {
            JobsReader reader = new JobsReader();
            answer.object(reader::field);
            if (reader.states.contains("PENDING")) {
                if (jobs.size() == MOST_JOBS) {
                    throw new Unreadable("too many jobs");
                }
                jobs.add(reader.pending());
            }
        });
        return List.copyOf(jobs);
    }

    private boolean field(String name, Answer answer) throws Unreadable {
        switch (name) {
            case "job_id" -> job = answer.number(name);
            case "submit_time" -> submitted = answer.maybe(name).orElse(0);
            case "restart_cnt" -> restarts = answer.number(name);
            case "user_id" -> user = answer.number(name);
            case "priority" -> priority = answer.maybe(name).orElse(0);
            case "eligible_time" -> eligibleAt = answer.maybe(name).orElse(0);
            case "state_reason" -> reason = answer.word(name);
            case "job_state" -> states = answer.words(name);
            case "array_task_string" -> arrayTasks = answer.word(name);
            case "admin_comment" -> note = ours(answer.word(name));
            case "features" -> {
                feature = answer.word(name);
                gpus.constraint(feature);
            }
            case "array_job_id" -> array = count(answer.maybe(name));
            case "array_task_id" -> task = answer.maybe(name);
            case "array_max_tasks" -> arrayLimit = count(answer.maybe(name));
            default -> {
                return size(name, answer);
            }
        }
        return true;
    }

    private boolean size(String name, Answer answer) throws Unreadable {
        switch (name) {
            case "node_count" -> nodes = count(answer.maybe(name));
            case "cpus" -> cpus = count(answer.maybe(name));
            case "tasks" -> tasks = count(answer.maybe(name));
            case "cpus_per_task" -> cpusPerTask = count(answer.maybe(name));
            case "tasks_per_node" -> tasksPerNode = count(answer.maybe(name));
            case "memory_per_node" -> memPerNodeMiB = count(answer.maybe(name));
            case "memory_per_cpu" -> memPerCpuMiB = count(answer.maybe(name));
            case "minimum_tmp_disk_per_node" -> tmpMiB = count(answer.maybe(name));
            case "time_limit" -> limitMin = count(answer.maybe(name));
            case "shared" -> exclusive = answer.words(name).contains("none");
            case "flags" -> spread = answer.words(name).contains("SPREAD_JOB");
            case "het_job_id" -> hetJob = count(answer.maybe(name));
            default -> {
                return gpus.field(name, answer);
            }
        }
        return true;
    }

    private static String ours(String note) {
        return note.startsWith(PendingJob.noteMark()) ? note : "";
    }

    private PendingJob pending() throws Unreadable {
        if (job == 0) {
            throw new Unreadable("a job has no number");
        }
        int waiting = arrayTasks.isEmpty() ? 1 : count(arrayTasks);
        return new PendingJob(
                job,
                submitted,
                restarts,
                user,
                nodes,
                cpus,
                tasks,
                cpusPerTask,
                tasksPerNode,
                memPerNodeMiB,
                memPerCpuMiB,
                tmpMiB,
                exclusive,
                spread,
                limitMin,
                priority,
                eligibleAt,
                reason,
                arrayLimit > 0 ? Math.min(arrayLimit, waiting) : waiting,
                note,
                gpus.wish(),
                hetJob,
                PendingJob.Gate.of(feature, array, tasks(arrayTasks)));
    }

    /** The first tasks that the record stands for; {@link #count} has looked at the string. */
    private List<Integer> tasks(String string) {
        List<Integer> tasks = new ArrayList<>();
        if (string.isEmpty()) {
            task.ifPresent(number -> tasks.add((int) number));
            return tasks;
        }
        for (String part : string.split("%", -1)[0].split(",", -1)) {
            String[] numbers = part.split("[-:]", -1);
            if (part.equals("...")) {
                continue;
            }
            int last = Integer.parseInt(numbers[Math.min(1, numbers.length - 1)]);
            int step = numbers.length == 3 ? Integer.parseInt(numbers[2]) : 1;
            for (int number = Integer.parseInt(numbers[0]);
                    number <= last && tasks.size() < PendingJob.Gate.mostTasks();
                    number += step) {
                tasks.add(number);
            }
        }
        return tasks;
    }

    /** Numbers beyond an {@code int} ask for more than any site has: they stay as large as can be. */
    private static int count(OptionalLong value) {
        return (int) Math.min(Integer.MAX_VALUE, value.orElse(0));
    }

    /** How many tasks an array's task string names. */
    static int count(String tasks) throws Unreadable {
        int throttle = tasks.indexOf('%');
        String list = throttle < 0 ? tasks : tasks.substring(0, throttle);
        long count = 0;
        for (String part : list.split(",", -1)) {
            count += countPart(part);
            if (count > MOST_ARRAY_TASKS) {
                throw new Unreadable("array_task_string names too many tasks");
            }
        }
        return (int) count;
    }

    private static long countPart(String part) throws Unreadable {
        if (part.equals("...")) {
            return 0;
        }
        if (!part.matches("[0-9]{1,9}(-[0-9]{1,9}(:[1-9][0-9]{0,8})?)?")) {
            throw new Unreadable("array_task_string has another form");
        }
        String[] numbers = part.split("[-:]", -1);
        if (numbers.length == 1) {
            return 1;
        }
        long step = numbers.length == 3 ? Long.parseLong(numbers[2]) : 1;
        return Math.max(0, (Long.parseLong(numbers[1]) - Long.parseLong(numbers[0])) / step + 1);
    }
}
