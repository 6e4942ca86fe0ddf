package cloister.backend.lease.testing;

import cloister.bridge.Adjustment;
import cloister.bridge.Allocated;
import cloister.bridge.Allocation;
import cloister.bridge.Asked;
import cloister.bridge.Ending;
import cloister.bridge.Gate;
import cloister.bridge.GateRefusal;
import cloister.bridge.HostState;
import cloister.bridge.HostStates;
import cloister.bridge.Lookup;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Placeholders;
import cloister.bridge.Refusal;
import cloister.bridge.Share;
import cloister.bridge.Submission;
import cloister.bridge.Survey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A Slurm in memory, with its gate. Placeholders wait until the test chooses their hosts; they run when the gate says go, and
 * are put back, held, when it refuses.
 */
public final class FakeSlurm implements Placeholders, Gate, HostStates {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Map<Long, Placeholder> jobs = new TreeMap<>();
    private final Map<Long, PlaceholderRequest> requests = new TreeMap<>();
    private final Map<Long, List<Allocation>> given = new TreeMap<>();
    private final Map<String, Asked> asked = new TreeMap<>();
    private final Map<String, String> answers = new TreeMap<>();
    private final Set<String> silent = new HashSet<>();
    private long next = 100;
    private boolean mute;
    private boolean swallows;
    private @Nullable Refusal refusal;
    private @Nullable Instant beat;

    /** Called whenever a placeholder's state changes, with its new state. */
    public Consumer<Placeholder> watcher = _ -> {};

    @Override
    public synchronized Submission submit(PlaceholderRequest request) {
        if (mute) {
            return new Submission.Unknown("mute");
        }
        if (refusal != null) {
            return new Submission.Refused(refusal, "as the test wants it");
        }
        long job = next++;
        requests.put(job, request);
        jobs.put(
                job,
                new Placeholder(
                        job,
                        START.plusSeconds(job),
                        0,
                        request.mark(),
                        PlaceholderState.PENDING,
                        "Priority",
                        Optional.empty(),
                        List.of()));
        return swallows ? new Submission.Unknown("the answer was lost") : new Submission.Placed(job);
    }

    @Override
    public synchronized Lookup find(Mark mark) {
        if (mute) {
            return new Lookup.Unknown("mute");
        }
        return jobs.values().stream()
                .filter(job -> job.mark().equals(mark))
                .<Lookup>map(Lookup.Found::new)
                .reduce((first, second) -> second)
                .orElseGet(Lookup.Absent::new);
    }

    @Override
    public synchronized Lookup observe(long jobId, Mark mark) {
        if (mute) {
            return new Lookup.Unknown("mute");
        }
        Placeholder job = jobs.get(jobId);
        return job != null && job.mark().equals(mark) ? new Lookup.Found(job) : new Lookup.Absent();
    }

    @Override
    public synchronized Allocated allocated(long jobId, Mark mark) {
        if (mute) {
            return new Allocated.Unknown("mute");
        }
        Placeholder job = jobs.get(jobId);
        if (job == null || !job.mark().equals(mark)) {
            return new Allocated.Absent();
        }
        List<Allocation> hosts = given.get(jobId);
        return hosts == null ? new Allocated.Unknown("no test said what it was given") : new Allocated.Seen(hosts);
    }

    @Override
    public synchronized HostState of(String host) {
        if (mute) {
            return new HostState.Unknown("mute");
        }
        return silent.contains(host) ? new HostState.Silent("DOWN NOT_RESPONDING") : new HostState.Serving();
    }

    /** It does not hear this host any more. */
    public synchronized void loses(String host) {
        silent.add(host);
    }

    /** It hears it again. */
    public synchronized void finds(String host) {
        silent.remove(host);
    }

    /** Says in detail what the placeholder has. */
    public synchronized void give(long job, List<Allocation> hosts) {
        given.put(job, List.copyOf(hosts));
    }

    @Override
    public synchronized Survey list() {
        return mute ? new Survey.Unknown("mute") : new Survey.Seen(List.copyOf(jobs.values()));
    }

    @Override
    public synchronized Ending end(long jobId, Mark mark) {
        if (mute) {
            return new Ending.Unknown("mute");
        }
        Placeholder job = jobs.get(jobId);
        if (job == null || !job.mark().equals(mark) || job.state().terminal()) {
            return new Ending.AlreadyGone();
        }
        if (job.state() != PlaceholderState.RUNNING) {
            return new Ending.Unknown("it does not run yet");
        }
        become(jobId, PlaceholderState.COMPLETED);
        return new Ending.Ended();
    }

    @Override
    public synchronized Ending cancel(long jobId, Mark mark) {
        if (mute) {
            return new Ending.Unknown("mute");
        }
        Placeholder job = jobs.get(jobId);
        if (job == null || !job.mark().equals(mark) || job.state().terminal()) {
            return new Ending.AlreadyGone();
        }
        become(jobId, PlaceholderState.CANCELLED);
        return new Ending.Ended();
    }

    @Override
    public synchronized Adjustment extend(long jobId, Mark mark, Duration limit) {
        return adjust(jobId, mark, old -> copy(old, old.state(), old.shares(), Optional.of(limit)));
    }

    @Override
    public synchronized Adjustment shrink(long jobId, Mark mark, Set<String> hosts) {
        return adjust(
                jobId,
                mark,
                old -> copy(
                        old,
                        old.state(),
                        old.shares().stream()
                                .filter(share -> hosts.contains(share.host()))
                                .toList(),
                        old.limit()));
    }

    private Adjustment adjust(long jobId, Mark mark, UnaryOperator<Placeholder> change) {
        if (mute) {
            return new Adjustment.Unknown("mute");
        }
        Placeholder job = jobs.get(jobId);
        if (job == null || !job.mark().equals(mark) || job.state().terminal()) {
            return new Adjustment.AlreadyGone();
        }
        jobs.put(jobId, change.apply(job));
        return new Adjustment.Done();
    }

    private static Placeholder copy(
            Placeholder old, PlaceholderState state, List<Share> shares, Optional<Duration> limit) {
        return new Placeholder(
                old.job(),
                old.submitted(),
                old.restart(),
                old.mark(),
                state,
                old.reason(),
                old.expectedStart(),
                shares,
                limit,
                old.preempted());
    }

    /** Puts the placeholder into this state, as an administrator or a broken host would. */
    public synchronized void become(long job, PlaceholderState state) {
        change(job, state, state.terminal() ? List.of() : known(job).shares());
    }

    private void change(long job, PlaceholderState state, List<Share> shares) {
        Placeholder old = known(job);
        jobs.put(job, copy(old, state, shares, old.limit()));
        if (state.terminal()) {
            asked.values().removeIf(question -> question.job() == job);
        }
        watcher.accept(known(job));
    }

    /** slurmctld and slurmdbd forget it. */
    public synchronized void forget(long job) {
        jobs.remove(job);
        asked.values().removeIf(question -> question.job() == job);
    }

    /** Hosts are chosen, and the placeholder asks at the gate. */
    public synchronized void choose(long job, Share... shares) {
        change(job, PlaceholderState.CONFIGURING, List.of(shares));
        Asked question = new Asked(known(job).mark(), job, 0, "hosts-of-" + job);
        asked.put(question.name(), question);
    }

    /** One of ours. */
    public synchronized Placeholder known(long job) {
        Placeholder known = jobs.get(job);
        if (known == null) {
            throw new IllegalArgumentException("no job " + job);
        }
        return known;
    }

    /** What was submitted as this job. */
    public synchronized PlaceholderRequest request(long job) {
        PlaceholderRequest request = requests.get(job);
        if (request == null) {
            throw new IllegalArgumentException("no job " + job);
        }
        return request;
    }

    /** All that live. */
    public synchronized List<Placeholder> alive() {
        return jobs.values().stream().filter(job -> !job.state().terminal()).toList();
    }

    /** All that ever were. */
    public synchronized List<Placeholder> all() {
        return List.copyOf(jobs.values());
    }

    /** It answers nothing from now on, or again. */
    public synchronized void mute(boolean on) {
        mute = on;
    }

    /** Submissions are taken but their answers lost. */
    public synchronized void swallows(boolean on) {
        swallows = on;
    }

    /** Submissions are refused. */
    public synchronized void refuses(@Nullable Refusal code) {
        refusal = code;
    }

    @Override
    public synchronized List<Asked> asked() {
        return new ArrayList<>(asked.values());
    }

    @Override
    public synchronized void go(Asked question) {
        if (answers.putIfAbsent(question.name(), "go") == null && asked.remove(question.name()) != null) {
            change(
                    question.job(),
                    PlaceholderState.RUNNING,
                    known(question.job()).shares());
        }
    }

    @Override
    public synchronized void refuse(Asked question, GateRefusal code) {
        if (answers.putIfAbsent(question.name(), code.word()) == null && asked.remove(question.name()) != null) {
            change(question.job(), PlaceholderState.PENDING, List.of());
        }
    }

    @Override
    public synchronized void beat(Instant now) {
        beat = now;
    }

    @Override
    public synchronized void forget(Asked question) {
        answers.remove(question.name());
    }

    /** Last heartbeat. */
    public synchronized Optional<Instant> lastBeat() {
        return Optional.ofNullable(beat);
    }

    /** Answers that were not forgotten. */
    public synchronized Map<String, String> answers() {
        return Map.copyOf(answers);
    }
}
