package cloister.bridge.slurm;

import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Share;
import java.time.Duration;
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
    static Optional<Mark> mark(Said.Job job, String user) {
        return mark(job.comment(), job.userName(), user);
    }

    static Optional<Mark> mark(@Nullable String comment, @Nullable String owner, String user) {
        return comment == null || !user.equals(owner) ? Optional.empty() : Mark.parse(comment);
    }

    static Placeholder placeholder(Said.Job job, Mark mark) throws Unclear {
        long id = id(job.jobId());
        PlaceholderState state = state(id, job.jobState());
        Optional<Instant> start =
                state == PlaceholderState.PENDING ? Said.Maybe.time(job.startTime()) : Optional.empty();
        return new Placeholder(
                id,
                Said.Maybe.time(job.submitTime()).orElseThrow(() -> new Unclear("job " + id + " has no submit time")),
                count(job.restartCnt(), "restart_cnt"),
                mark,
                state,
                Reply.clean(job.stateReason(), LONGEST_REASON),
                start,
                shares(job, state),
                Said.Maybe.of(job.timeLimit()).filter(minutes -> minutes > 0).map(Duration::ofMinutes),
                // The warning moved its end.
                Said.Maybe.time(job.preemptTime())
                        .map(warned -> Said.Maybe.time(job.endTime()).orElse(warned)),
                state == PlaceholderState.COMPLETING ? JobStates.outcome(words(job.jobState())) : Optional.empty());
    }

    /** What slurmdbd keeps of a job that slurmctld has forgotten. */
    static Placeholder recorded(Said.Recorded job, Mark mark) throws Unclear {
        long id = id(job.jobId());
        Said.Current said = job.state();
        PlaceholderState state = state(id, said == null ? null : said.current());
        boolean leftOpen = !state.terminal()
                || (state == PlaceholderState.CANCELLED && comment(job).isEmpty());
        return new Placeholder(
                id,
                submitted(job).orElseThrow(() -> new Unclear("job " + id + " has no submit time")),
                count(job.restartCnt(), "restart_cnt"),
                mark,
                leftOpen ? PlaceholderState.LOST : state,
                Reply.clean(said == null ? null : said.reason(), LONGEST_REASON),
                Optional.empty(),
                List.of());
    }

    static String comment(Said.Recorded job) {
        Said.Comments comments = job.comment();
        return comments == null || comments.job() == null ? "" : comments.job();
    }

    private static Optional<Instant> submitted(Said.Recorded job) {
        Said.Times time = job.time();
        Long seconds = time == null ? null : time.submission();
        return seconds == null || seconds <= 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }

    static PlaceholderState state(long id, @Nullable List<String> words) throws Unclear {
        List<String> said = words(words);
        return JobStates.state(said)
                .orElseThrow(() -> new Unclear("job " + id + " is in a state we do not know: " + said));
    }

    private static List<String> words(@Nullable List<String> words) {
        return words == null ? List.of() : words;
    }

    /** Workers on a host are its cores over the cores of a worker. */
    private static List<Share> shares(Said.Job job, PlaceholderState state) throws Unclear {
        boolean whole = switch (state) {
            case CONFIGURING, RUNNING, SUSPENDED -> true;
            default -> false;
        };
        if (!whole && state != PlaceholderState.COMPLETING) return List.of();
        int cpus = count(Said.Maybe.of(job.cpusPerTask()).orElse(null), "cpus_per_task");
        int tasks = count(Said.Maybe.of(job.tasks()).orElse(null), "tasks");
        if (cpus < 1) throw new Unclear("job " + job.jobId() + " has no cores for a task");
        List<Share> shares = new ArrayList<>();
        long sum = 0;
        for (Said.Node node : nodes(job)) {
            Said.Cpus held = node.cpus();
            int workers = held == null ? 0 : count(held.count(), "cpus.count") / cpus;
            if (workers > 0) shares.add(new Share(Reply.clean(node.name(), 64), workers));
            sum += workers;
        }
        // A job that gave hosts back, or lost one, still names as many tasks as it was submitted with.
        boolean shrunk = Said.Maybe.time(job.resizeTime()).isPresent() && sum > 0 && sum < tasks;
        // A site that hands out whole cores with several threads gives more than was asked; guessing would overfill a
        // host.
        if (whole && sum != tasks && !shrunk) {
            throw new Unclear("job " + job.jobId() + " has room for " + sum + " workers, wanted " + tasks
                    + "; are cores counted as threads?");
        }
        return shares;
    }

    private static List<Said.Node> nodes(Said.Job job) {
        Said.Resources resources = job.jobResources();
        Said.Nodes nodes = resources == null ? null : resources.nodes();
        List<Said.Node> allocation = nodes == null ? null : nodes.allocation();
        return allocation == null ? List.of() : allocation;
    }

    private static long id(@Nullable Long number) throws Unclear {
        if (number == null || number < 1 || number > 0xFFFFFFFFL) throw new Unclear("Slurm names no job id");
        return number;
    }

    /** Slurm's ways to say that a number is not set lie above what an int holds. */
    static int count(@Nullable Long number, String what) throws Unclear {
        if (number == null || number < 0 || number > Integer.MAX_VALUE) throw new Unclear("Slurm names no " + what);
        return Math.toIntExact(number);
    }
}
