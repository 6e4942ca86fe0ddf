package cloister.bridge.slurm;

import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Share;
import cloister.slurm.v0042.model.Job;
import cloister.slurm.v0042.model.JobInfo;
import cloister.slurm.v0042.model.JobRes;
import cloister.slurm.v0042.model.JobResNode;
import cloister.slurm.v0042.model.JobResNodeCpus;
import cloister.slurm.v0042.model.JobResNodes1;
import cloister.slurm.v0042.model.JobState1;
import cloister.slurm.v0042.model.JobTime;
import cloister.slurm.v0042.model.Uint16NoValStruct;
import cloister.slurm.v0042.model.Uint32NoValStruct;
import cloister.slurm.v0042.model.Uint64NoValStruct;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads placeholders out of slurmctld's and slurmdbd's words for jobs. */
final class Jobs {
    private static final int LONGEST_REASON = 128;

    private Jobs() {}

    /** The mark in a job's comment, if the job is the user's. */
    static Optional<Mark> mark(JobInfo job, String user) {
        String comment = job.getComment();
        return comment == null || !user.equals(job.getUserName()) ? Optional.empty() : Mark.parse(comment);
    }

    static Placeholder placeholder(JobInfo job, Mark mark) throws Unclear {
        long id = id(job.getJobId());
        PlaceholderState state = state(id, job.getJobState());
        Optional<Instant> start = state == PlaceholderState.PENDING ? time(job.getStartTime()) : Optional.empty();
        return new Placeholder(
                id,
                time(job.getSubmitTime()).orElseThrow(() -> new Unclear("job " + id + " has no submit time")),
                count(job.getRestartCnt(), "restart_cnt"),
                mark,
                state,
                Reply.clean(job.getStateReason(), LONGEST_REASON),
                start,
                shares(job, state));
    }

    /** What slurmdbd keeps of a job that slurmctld has forgotten. */
    static Placeholder recorded(Job job, Mark mark) throws Unclear {
        long id = id(job.getJobId());
        JobState1 said = job.getState();
        PlaceholderState state = state(id, said == null ? null : said.getCurrent());
        return new Placeholder(
                id,
                submitted(job).orElseThrow(() -> new Unclear("job " + id + " has no submit time")),
                count(job.getRestartCnt(), "restart_cnt"),
                mark,
                state.terminal() ? state : PlaceholderState.LOST,
                Reply.clean(said == null ? null : said.getReason(), LONGEST_REASON),
                Optional.empty(),
                List.of());
    }

    static Optional<Instant> submitted(Job job) {
        JobTime time = job.getTime();
        Long seconds = time == null ? null : time.getSubmission();
        return seconds == null || seconds <= 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }

    private static PlaceholderState state(long id, @Nullable List<String> words) throws Unclear {
        List<String> said = words == null ? List.of() : words;
        return JobStates.state(said)
                .orElseThrow(() -> new Unclear("job " + id + " is in a state we do not know: " + said));
    }

    /** Workers on a host are its cores over the cores of a worker. */
    private static List<Share> shares(JobInfo job, PlaceholderState state) throws Unclear {
        boolean whole = switch (state) {
            case CONFIGURING, RUNNING, SUSPENDED -> true;
            default -> false;
        };
        if (!whole && state != PlaceholderState.COMPLETING) return List.of();
        Uint16NoValStruct perTask = job.getCpusPerTask();
        Uint32NoValStruct tasks = job.getTasks();
        if (perTask == null || tasks == null) throw new Unclear("job " + job.getJobId() + " has no size");
        int cpus = count(perTask.getNumber(), "cpus_per_task");
        if (cpus < 1) throw new Unclear("job " + job.getJobId() + " has no cores for a task");
        List<Share> shares = new ArrayList<>();
        long sum = 0;
        for (JobResNode node : nodes(job)) {
            JobResNodeCpus held = node.getCpus();
            int workers = held == null ? 0 : count(held.getCount(), "cpus.count") / cpus;
            if (workers > 0) shares.add(new Share(Reply.clean(node.getName(), 64), workers));
            sum += workers;
        }
        // A site that hands out whole cores with several threads gives more than was asked; guessing would overfill a
        // host.
        if (whole && sum != count(tasks.getNumber(), "tasks")) {
            throw new Unclear("job " + job.getJobId() + " has room for " + sum + " workers, wanted " + tasks.getNumber()
                    + "; are cores counted as threads?");
        }
        return shares;
    }

    private static List<JobResNode> nodes(JobInfo job) {
        JobRes resources = job.getJobResources();
        JobResNodes1 nodes = resources == null ? null : resources.getNodes();
        List<JobResNode> allocation = nodes == null ? null : nodes.getAllocation();
        return allocation == null ? List.of() : allocation;
    }

    private static Optional<Instant> time(@Nullable Uint64NoValStruct time) {
        if (time == null || !Boolean.TRUE.equals(time.getSet())) return Optional.empty();
        Long seconds = time.getNumber();
        return seconds == null || seconds <= 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }

    private static long id(@Nullable Long number) throws Unclear {
        if (number == null || number < 1 || number > 0xFFFFFFFFL) throw new Unclear("Slurm names no job id");
        return number;
    }

    /** Slurm's ways to say that a number is not set lie above what an int holds. */
    private static int count(@Nullable Long number, String what) throws Unclear {
        if (number == null || number < 0 || number > Integer.MAX_VALUE) throw new Unclear("Slurm names no " + what);
        return Math.toIntExact(number);
    }
}
