package cloister.cvm.demand;

import cloister.cvm.slurm.PendingJob;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Makes wishes out of the local Slurm's pending jobs, and remembers how long each has waited and how often it was disappointed. */
public final class JobBook {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(30);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);
    private static final int MOST_DOUBLINGS = 6;

    private static final class Entry {
        private final Instant since;
        private int disappointments;
        private Instant askFrom;

        Entry(Instant now) {
            since = now;
            askFrom = now;
        }
    }

    private final Map<JobKey, Entry> entries = new HashMap<>();

    /**
     * The wishes of the jobs that could start now if there were room.
     *
     * @param members numbers of the members by their user ids; nobody else's jobs are served
     */
    public List<Waiting> waiting(
            Collection<PendingJob> pending, Map<Long, Integer> members, Policy policy, Instant now) {
        List<Waiting> waiting = new ArrayList<>();
        Map<JobKey, Entry> kept = new HashMap<>();
        Set<Integer> stuck = pending.stream()
                .filter(job -> job.hetJob() != 0 && !job.eligible(now.getEpochSecond()))
                .map(PendingJob::hetJob)
                .collect(Collectors.toSet());
        for (PendingJob job : pending) {
            JobKey key = new JobKey(job.job(), job.submitted(), job.restarts());
            Integer member = members.get(job.user());
            if (member != null && job.eligible(now.getEpochSecond()) && !stuck.contains(job.hetJob())) {
                Entry entry = entries.getOrDefault(key, new Entry(now));
                kept.put(key, entry);
                waiting.add(wish(job, key, member, policy, entry));
            }
        }
        kept.put(JobKey.warm(), entries.getOrDefault(JobKey.warm(), new Entry(now)));
        entries.clear();
        entries.putAll(kept);
        return waiting;
    }

    /** Whether workers that are kept for the next job may be asked for: the last ones did not come to nothing a moment ago. */
    public boolean warmNow(Instant now) {
        Entry entry = entries.get(JobKey.warm());
        return entry != null && !entry.askFrom.isAfter(now);
    }

    /** A lease for these jobs came to nothing: for a while, longer each time, none is asked for them. */
    public void disappointed(Collection<JobKey> jobs, Instant now) {
        for (JobKey job : jobs) {
            Entry entry = entries.get(job);
            if (entry != null) {
                if (now.isAfter(entry.askFrom.plus(LONGEST_PAUSE))) {
                    entry.disappointments = 0;
                }
                Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(MOST_DOUBLINGS, entry.disappointments));
                entry.disappointments++;
                entry.askFrom = now.plus(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
            }
        }
    }

    private static Waiting wish(PendingJob job, JobKey key, int member, Policy policy, Entry entry) {
        int perTask = Math.max(1, job.cpusPerTask());
        int tasks = Math.max(1, job.tasks());
        int nodes = nodes(job, perTask, tasks, policy);
        int cpus = Math.max(divideUp(job.cpus(), nodes), saturated((long) divideUp(tasks, nodes) * perTask));
        Gpus gpus = job.gpus().onEach(nodes, tasks);
        cpus = Math.max(cpus, saturated((long) gpus.count() * job.gpus().cpusPerGpu()));
        // Memory of 0 is "all of the node", whatever that is; the job then shares with nobody.
        boolean allMemory = job.memPerNodeMiB() == 0 && job.memPerCpuMiB() == 0;
        int memory = job.memPerNodeMiB() > 0
                ? Math.max(
                        job.memPerNodeMiB(),
                        saturated((long) gpus.count() * job.gpus().memPerGpuMiB()))
                : saturated((long) cpus * (allMemory ? policy.defaultMemPerCpuMiB() : job.memPerCpuMiB()));
        return new Waiting(
                key,
                member,
                nodes,
                new Need(Math.max(1, cpus), memory, gpus),
                job.tmpMiB(),
                job.exclusive() || allMemory,
                job.spread(),
                Math.max(1, job.limitMin()),
                job.arrayTasks(),
                job.priority(),
                entry.since,
                entry.askFrom,
                job.hetJob(),
                new Binding(
                        new JobKey(job.gate().origin(job.job()), job.submitted(), job.restarts()),
                        job.gate().lease()));
    }

    /** How many nodes: what was asked, but at most one for each CPU (Slurm reports a range's upper end), and enough to hold it. */
    private static int nodes(PendingJob job, int perTask, int tasks, Policy policy) {
        int nodes = Math.max(1, Math.min(job.nodes(), Math.max(1, job.cpus())));
        Need largest = policy.largest();
        nodes = Math.max(nodes, job.gpus().fewestNodes(largest.gpus().count(), tasks));
        if (job.tasksPerNode() > 0) {
            return Math.max(nodes, divideUp(tasks, job.tasksPerNode()));
        }
        int byCpus = Math.max(1, largest.cpus() / perTask);
        int memPerTask = saturated((long) perTask * job.memPerCpuMiB());
        int byMemory = memPerTask == 0 ? byCpus : Math.max(1, largest.memMiB() / memPerTask);
        return Math.max(nodes, divideUp(tasks, Math.min(byCpus, byMemory)));
    }

    private static int divideUp(int value, int by) {
        return (int) (((long) value + by - 1) / by);
    }

    private static int saturated(long value) {
        return (int) Math.min(Integer.MAX_VALUE, value);
    }
}
