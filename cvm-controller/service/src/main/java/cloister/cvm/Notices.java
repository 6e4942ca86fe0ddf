package cloister.cvm;

import cloister.broker.LeaseList;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.cvm.demand.JobKey;
import cloister.cvm.demand.Plan;
import cloister.cvm.demand.Waiting;
import cloister.cvm.slurm.PendingJob;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.IntFunction;

/**
 * What a researcher is told about a waiting job, and about a running one whose workers are taken away: one line in the job's
 * AdminComment, which a plain {@code squeue} and {@code scontrol show job} show. It is taken back when the job starts. What
 * Slurm already shows is not told it again.
 */
final class Notices {
    private static final String MARK = PendingJob.noteMark();

    /** Before a notice that Slurm does not show yet is given to it once more. */
    private static final Duration REPEAT = Duration.ofSeconds(30);

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'UTC'");

    /** How far a lease has come; a job waits for the one that is nearest. */
    private static final Comparator<LeaseList.Lease> NEAREST =
            Comparator.comparing(LeaseList.Lease::state).thenComparingInt(lease -> -lease.n());

    /** A line for a job. */
    record Notice(int job, String text) {}

    private record Said(String text, Instant at) {}

    /** No notice: what Slurm itself says of the job is all there is to say. */
    private static final String NOTHING = "";

    private final Map<Integer, Said> said = new HashMap<>();
    private final Map<Integer, ReasonCode> interrupted = new HashMap<>();
    private final Set<Integer> seen = new HashSet<>();
    private final Map<JobKey, ReasonCode> disappointed = new HashMap<>();

    /** These jobs ran on a worker that was lost. */
    void interrupted(Collection<Integer> jobs, ReasonCode reason) {
        jobs.forEach(job -> interrupted.put(job, reason));
    }

    /** The lease for these jobs came to nothing. */
    void disappointed(Collection<JobKey> jobs, ReasonCode reason) {
        jobs.forEach(job -> disappointed.put(job, reason));
    }

    /**
     * The notices that differ from what Slurm shows.
     *
     * @param pending all that waits in the local Slurm
     * @param waiting those of them that could start if there were workers
     * @param word the broker's last word about a lease
     */
    List<Notice> changes(
            List<PendingJob> pending,
            List<Waiting> waiting,
            Plan plan,
            IntFunction<Optional<LeaseList.Lease>> word,
            Instant now) {
        Map<Integer, String> texts = new HashMap<>();
        waiting.forEach(job -> texts.put(job.key().job(), told(job.key().job(), why(job, plan, word, now))));
        Set<JobKey> keys = new HashSet<>();
        waiting.forEach(job -> keys.add(job.key()));
        disappointed.keySet().retainAll(keys);
        List<Notice> changes = new ArrayList<>();
        Set<Integer> numbers = new HashSet<>();
        for (PendingJob job : pending) {
            numbers.add(job.job());
            String text = texts.computeIfAbsent(job.job(), _ -> told(job.job(), local(job, now)));
            Said before = said.get(job.job());
            boolean underway = before != null
                    && before.text().equals(text)
                    && now.isBefore(before.at().plus(REPEAT));
            if (!text.equals(job.note()) && !underway) {
                said.put(job.job(), new Said(text, now));
                changes.add(new Notice(job.job(), text));
            }
        }
        changes.addAll(takenBack(numbers));
        forgetStarted(numbers);
        return changes;
    }

    /** What was told of jobs that wait no longer would be wrong now. */
    private List<Notice> takenBack(Set<Integer> waiting) {
        List<Notice> back = new ArrayList<>();
        said.forEach((job, last) -> {
            if (!waiting.contains(job) && !last.text().equals(NOTHING)) {
                back.add(new Notice(job, NOTHING));
            }
        });
        said.keySet().retainAll(waiting);
        return back;
    }

    /** An interrupted job that waits no longer has started again, or is over. It may be a moment before it waits. */
    private void forgetStarted(Set<Integer> waiting) {
        seen.retainAll(interrupted.keySet());
        interrupted.keySet().removeIf(job -> seen.contains(job) && !waiting.contains(job));
        interrupted.keySet().stream().filter(waiting::contains).forEach(seen::add);
    }

    private String told(int job, String why) {
        ReasonCode cut = interrupted.get(job);
        if (cut == null) {
            return why.equals(NOTHING) ? NOTHING : MARK + why;
        }
        return MARK + "it was requeued: " + cut.text() + (why.equals(NOTHING) ? NOTHING : "; " + why);
    }

    /** What the local Slurm waits for, by its code word; {@link #NOTHING} where the word says as much as we could. */
    private static String local(PendingJob job, Instant now) {
        return switch (job.reason()) {
            case "Dependency" -> "it waits for the jobs that it depends on";
            case "DependencyNeverSatisfied" ->
                "it can never start: a job that it depends on did not end as it should have; scancel it";
            case "BeginTime" ->
                // After a requeue it is Slurm's own delay, which is about to be taken away.
                job.eligibleAt() > now.getEpochSecond() && !job.waitsAfterRequeue()
                        ? "it starts no sooner than " + time(Instant.ofEpochSecond(job.eligibleAt()))
                        : NOTHING;
            case "JobHeldUser" -> "it is held: scontrol release " + job.job() + " lets it go";
            case "JobHeldAdmin" -> "it is held by an administrator of this machine";
            case "JobArrayTaskLimit" -> "as many of its tasks run as its own limit (%) lets run at once";
            default -> NOTHING;
        };
    }

    private String why(Waiting job, Plan plan, IntFunction<Optional<LeaseList.Lease>> word, Instant now) {
        if (plan.impossible().contains(job.key())) {
            return "no worker of this site can hold it";
        }
        SortedSet<Integer> coming = plan.coming().get(job.key());
        if (coming != null) {
            return coming.stream()
                    .flatMap(lease -> word.apply(lease).stream())
                    .max(NEAREST)
                    .map(lease -> coming(lease, job.nodes()))
                    .orElse("workers are being asked for");
        }
        if (job.askFrom().isAfter(now)) {
            ReasonCode last = disappointed.getOrDefault(job.key(), ReasonCode.NONE);
            if (last == ReasonCode.DAY_LIMIT) {
                return last.text() + "; workers are asked for again at " + time(job.askFrom());
            }
            return "the last workers for it came to nothing"
                    + (last == ReasonCode.NONE ? "" : ", " + last.text()) + "; others are asked for at "
                    + time(job.askFrom());
        }
        if (plan.asks().stream().anyMatch(ask -> ask.jobs().contains(job.key()))) {
            return "workers are being asked for";
        }
        return plan.full() ? "it waits until other workers of the project are free: their number is limited" : NOTHING;
    }

    /** What a running job's owner is told whose workers end before the time that they were asked for. */
    static String sooner(Instant end, ReasonCode reason) {
        String why = reason == ReasonCode.NONE ? "the cluster has shortened their time" : reason.text();
        return MARK + "its workers are taken away at " + time(end) + ": " + why;
    }

    private static String coming(LeaseList.Lease lease, int workers) {
        return switch (lease.state()) {
            case RUNNING -> "its workers join the project";
            case STARTING -> starting(lease);
            case QUEUED, ENDING, ENDED -> {
                Long start = lease.expectedStart();
                yield (workers > 1 ? "it waits for " + workers + " workers: " : "")
                        + lease.reason().text()
                        + (start == null ? "" : "; expected from " + time(Instant.ofEpochSecond(start)));
            }
        };
    }

    /** Those that said hello are there; they join when all of them are. */
    private static String starting(LeaseList.Lease lease) {
        int all = lease.workers().size();
        long up = lease.workers().stream()
                .filter(worker -> worker.state() == WorkerState.READY)
                .count();
        return lease.reason() == ReasonCode.BOOTING && all > 1
                ? "starting: " + up + " of " + all + " workers up"
                : lease.reason().text();
    }

    /** As a person reads it, to the second. */
    static String time(Instant at) {
        return TIME.format(at.truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC));
    }
}
