package cloister.bridge.slurm;

import cloister.bridge.Adjustment;
import cloister.bridge.Allocated;
import cloister.bridge.Ending;
import cloister.bridge.Lookup;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Placeholders;
import cloister.bridge.Refusal;
import cloister.bridge.SlurmBridgeConfig;
import cloister.bridge.Submission;
import cloister.bridge.Survey;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Placeholders by slurmrestd, in whichever version of its API it and we know. */
public final class RestPlaceholders implements Placeholders {
    private static final System.Logger LOG = System.getLogger(RestPlaceholders.class.getName());
    private static final int LONGEST_TEXT = 256;
    private static final Duration SHORTEST = Duration.ofMinutes(1);
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final int MOST_HOSTS = 10_000;

    private final TokenFile token;
    private final Endpoint slurm;
    private final Roll roll;
    private final String user;
    private final String partition;

    private RestPlaceholders(SlurmBridgeConfig config, InstantSource clock, int mostBytes) {
        this.token = new TokenFile(config.tokenFile(), config.user(), clock);
        this.slurm = new Endpoint(Connection.to(config, token, mostBytes));
        this.user = config.user();
        this.roll = new Roll(slurm, user);
        this.partition = config.partition();
    }

    /**
     * Makes the client without talking to slurmrestd: a Slurm that is down at start is asked again at every request.
     *
     * @throws IllegalStateException if the token is one that we must not use
     */
    public static RestPlaceholders connect(SlurmBridgeConfig config) {
        return connect(config, InstantSource.system(), Connection.MOST_BYTES);
    }

    static RestPlaceholders connect(SlurmBridgeConfig config, InstantSource clock, int mostBytes) {
        RestPlaceholders placeholders = new RestPlaceholders(config, clock, mostBytes);
        placeholders.token.check();
        return placeholders;
    }

    @Override
    public Optional<Instant> tokenExpires() {
        return token.expires();
    }

    @Override
    public Submission submit(PlaceholderRequest request) {
        LOG.log(
                Level.INFO,
                "submitting {0}: {1} workers of {2} cores and {3} MiB, account {4}, wckey {5}",
                request.mark().comment(),
                request.tasks(),
                request.cpusPerTask(),
                request.memoryMiBPerTask(),
                request.account(),
                request.wckey());
        Submission outcome = submitted(slurm.ask(api -> api.submit(request, partition)));
        switch (outcome) {
            // A remembered job of that id is another one, from before a crash.
            case Submission.Placed(long job) -> roll.doubt(job);
            case Submission.Unknown(String why) -> roll.forget();
            case Submission.Refused(Refusal code, String text) ->
                LOG.log(Level.DEBUG, "{0} was refused", request.mark().comment());
        }
        return outcome;
    }

    private static Submission submitted(Reply<Said.Submitted> reply) {
        return switch (reply) {
            case Reply.Good<Said.Submitted>(var answer) -> placed(answer);
            case Reply.Failed<Said.Submitted>(long number, String text) -> {
                Optional<Refusal> refusal = Errors.refusal(number);
                yield refusal.isPresent()
                        ? new Submission.Refused(refusal.get(), Reply.clean(text, LONGEST_TEXT))
                        : new Submission.Unknown(text);
            }
            case Reply.Silent<Said.Submitted>(String why) -> new Submission.Unknown(why);
            case Reply.Elsewhere<Said.Submitted>(String why) -> new Submission.Unknown(why);
        };
    }

    private static Submission placed(Said.Submitted answer) {
        Long job = answer.jobId();
        // A field of a wrong type gives 200, no error and no job.
        if (job == null || job < 1) return new Submission.Unknown("slurmrestd named neither a job nor an error");
        List<Said.Fault> errors = answer.errors();
        if (errors == null || errors.isEmpty()) return new Submission.Placed(job);
        return new Submission.Unknown("slurmrestd named job " + job + " and an error: "
                + Reply.clean(errors.getFirst().error(), LONGEST_TEXT));
    }

    /** Reads the long list: nothing that was remembered decides whether something is submitted again. */
    @Override
    public Lookup find(Mark mark) {
        return switch (slurm.ask(Slurmrestd::jobs)) {
            case Reply.Good<Said.Jobs>(var answer) -> bearing(answer.jobs(), mark);
            case Reply.Failed<Said.Jobs>(long number, String text) -> new Lookup.Unknown(text);
            case Reply.Silent<Said.Jobs>(String why) -> new Lookup.Unknown(why);
            case Reply.Elsewhere<Said.Jobs>(String why) -> new Lookup.Unknown(why);
        };
    }

    private Lookup bearing(@Nullable List<Said.Job> jobs, Mark mark) {
        if (jobs == null) return new Lookup.Unknown("slurmrestd's list has no jobs in it");
        List<Placeholder> found = new ArrayList<>();
        try {
            for (Said.Job job : jobs) {
                if (Jobs.mark(job, user).equals(Optional.of(mark))) found.add(Jobs.placeholder(job, mark));
            }
        } catch (Unclear e) {
            return new Lookup.Unknown(e.what());
        }
        return best(found);
    }

    private static Lookup best(List<Placeholder> placeholders) {
        Comparator<Placeholder> livingLast =
                Comparator.comparing(placeholder -> !placeholder.state().terminal());
        return placeholders.stream()
                .max(livingLast.thenComparing(Placeholder.NEWEST_LAST))
                .<Lookup>map(Lookup.Found::new)
                .orElseGet(Lookup.Absent::new);
    }

    @Override
    public Survey list() {
        return roll.look();
    }

    @Override
    public Lookup observe(long jobId, Mark mark) {
        Reply<Said.Jobs> reply = slurm.ask(api -> api.job(jobId));
        return switch (reply) {
            case Reply.Good<Said.Jobs>(var answer) -> observed(answer.jobs(), jobId, mark);
            case Reply.Failed<Said.Jobs>(long number, String text) ->
                Errors.unknownJob(number) ? recorded(jobId, mark, true) : new Lookup.Unknown(text);
            case Reply.Silent<Said.Jobs>(String why) -> new Lookup.Unknown(why);
            case Reply.Elsewhere<Said.Jobs>(String why) -> new Lookup.Unknown(why);
        };
    }

    @Override
    public Allocated allocated(long jobId, Mark mark) {
        Reply<Said.Holdings> reply = slurm.ask(api -> api.holdings(jobId));
        return switch (reply) {
            case Reply.Good<Said.Holdings>(var answer) -> Holdings.of(answer.jobs(), user, jobId, mark);
            case Reply.Failed<Said.Holdings>(long number, String text) ->
                Errors.unknownJob(number) ? new Allocated.Absent() : new Allocated.Unknown(text);
            case Reply.Silent<Said.Holdings>(String why) -> new Allocated.Unknown(why);
            case Reply.Elsewhere<Said.Holdings>(String why) -> new Allocated.Unknown(why);
        };
    }

    private Lookup observed(@Nullable List<Said.Job> jobs, long jobId, Mark mark) {
        if (jobs == null) return new Lookup.Unknown("slurmrestd's answer has no jobs in it");
        for (Said.Job job : jobs) {
            if (!Long.valueOf(jobId).equals(job.jobId())
                    || !Jobs.mark(job, user).equals(Optional.of(mark))) continue;
            try {
                return new Lookup.Found(Jobs.placeholder(job, mark));
            } catch (Unclear e) {
                return new Lookup.Unknown(e.what());
            }
        }
        // After a crash slurmctld gives the same id to another job; ours can only be in the records.
        return recorded(jobId, mark, jobs.isEmpty());
    }

    private Lookup recorded(long jobId, Mark mark, boolean idIsFree) {
        Reply<Said.Records> reply = slurm.ask(api -> api.records(jobId));
        return switch (reply) {
            case Reply.Good<Said.Records>(var answer) -> newestRecord(answer.jobs(), jobId, mark, idIsFree);
            case Reply.Failed<Said.Records>(long number, String text) -> new Lookup.Unknown(text);
            case Reply.Silent<Said.Records>(String why) -> new Lookup.Unknown(why);
            case Reply.Elsewhere<Said.Records>(String why) -> new Lookup.Unknown(why);
        };
    }

    /**
     * Slurm tells slurmdbd the comment only when a job ends. So a record with an end names its placeholder; one without is
     * that of the job that slurmctld has under this id, and if slurmctld has none, it is what a crash left of ours. A slurmctld
     * that starts without its state has such records closed as cancelled, still without a comment.
     */
    private Lookup newestRecord(@Nullable List<Said.Recorded> jobs, long jobId, Mark mark, boolean idIsFree) {
        if (jobs == null) return new Lookup.Unknown("slurmdbd's answer has no jobs in it");
        List<Placeholder> matching = new ArrayList<>();
        List<Placeholder> open = new ArrayList<>();
        boolean nameless = false;
        try {
            for (Said.Recorded job : jobs) {
                if (!Long.valueOf(jobId).equals(job.jobId()) || !user.equals(job.user())) continue;
                String comment = Jobs.comment(job);
                if (Mark.parse(comment).equals(Optional.of(mark))) matching.add(Jobs.recorded(job, mark));
                if (!comment.isEmpty()) continue;
                Placeholder bare = Jobs.recorded(job, mark);
                if (bare.state() == PlaceholderState.LOST) open.add(bare);
                else nameless = true;
            }
        } catch (Unclear e) {
            return new Lookup.Unknown(e.what());
        }
        if (matching.isEmpty() && nameless) {
            return new Lookup.Unknown("slurmdbd keeps no comments; slurm.conf needs AccountingStoreFlags=job_comment");
        }
        if (matching.isEmpty() && idIsFree) matching.addAll(open);
        return matching.stream()
                .max(Placeholder.NEWEST_LAST)
                .<Lookup>map(Lookup.Found::new)
                .orElseGet(Lookup.Absent::new);
    }

    @Override
    public Ending end(long jobId, Mark mark) {
        return signal("ending", jobId, mark, "USR1", "BATCH_JOB");
    }

    @Override
    public Ending cancel(long jobId, Mark mark) {
        return signal("cancelling", jobId, mark, null, null);
    }

    private Ending signal(String what, long jobId, Mark mark, @Nullable String signal, @Nullable String flags) {
        if (jobId < 1) throw new IllegalArgumentException("not a job id: " + jobId);
        roll.doubt(jobId);
        Optional<Ending> not = notOurs(jobId, mark);
        if (not.isPresent()) return not.get();
        LOG.log(Level.INFO, "{0} job {1} of {2}", what, Long.toString(jobId), mark.comment());
        Reply<Said.Signalled> reply = slurm.ask(api -> api.signal(jobId, signal, flags));
        return switch (reply) {
            case Reply.Good<Said.Signalled>(var answer) -> ending(answer.status());
            case Reply.Failed<Said.Signalled>(long number, String text) ->
                Errors.gone(number) ? new Ending.AlreadyGone() : new Ending.Unknown(text);
            case Reply.Silent<Said.Signalled>(String why) -> new Ending.Unknown(why);
            case Reply.Elsewhere<Said.Signalled>(String why) -> new Ending.Unknown(why);
        };
    }

    /** Why this job must not be signalled: it is not there, it is another one, or nobody says. */
    private Optional<Ending> notOurs(long jobId, Mark mark) {
        Reply<Said.Jobs> now = slurm.ask(api -> api.job(jobId));
        return switch (now) {
            case Reply.Good<Said.Jobs>(var answer) -> notOurs(answer.jobs(), jobId, mark);
            case Reply.Failed<Said.Jobs>(long number, String text) ->
                Optional.of(Errors.unknownJob(number) ? new Ending.AlreadyGone() : new Ending.Unknown(text));
            case Reply.Silent<Said.Jobs>(String why) -> Optional.of(new Ending.Unknown(why));
            case Reply.Elsewhere<Said.Jobs>(String why) -> Optional.of(new Ending.Unknown(why));
        };
    }

    private Optional<Ending> notOurs(@Nullable List<Said.Job> jobs, long jobId, Mark mark) {
        if (jobs == null) return Optional.of(new Ending.Unknown("slurmrestd's answer has no jobs in it"));
        boolean ours = jobs.stream()
                .anyMatch(job -> Long.valueOf(jobId).equals(job.jobId())
                        && Jobs.mark(job, user).equals(Optional.of(mark)));
        if (ours) return Optional.empty();
        if (!jobs.isEmpty()) {
            LOG.log(Level.WARNING, "job {0} is another one than {1}: left alone", Long.toString(jobId), mark.comment());
        }
        return Optional.of(new Ending.AlreadyGone());
    }

    /** An unknown job is a 200 without {@code errors[]}: what went wrong stands with each job. */
    private static Ending ending(@Nullable List<Said.Signal> status) {
        if (status == null) return new Ending.Ended();
        for (Said.Signal job : status) {
            Said.SignalError error = job.error();
            Long code = error == null ? null : error.code();
            if (error == null || code == null || code == 0) continue;
            if (Errors.gone(code)) return new Ending.AlreadyGone();
            return new Ending.Unknown(Reply.clean(error.string(), LONGEST_TEXT) + " (" + code + ")");
        }
        return new Ending.Ended();
    }

    @Override
    public Adjustment extend(long jobId, Mark mark, Duration limit) {
        if (limit.compareTo(SHORTEST) < 0 || limit.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("limit must be from " + SHORTEST + " to " + LONGEST + ": " + limit);
        }
        Duration minutes = Duration.ofMinutes(limit.plusMinutes(1).minusNanos(1).toMinutes());
        return adjust(jobId, mark, new Slurmrestd.Change(Optional.of(minutes), Optional.empty()));
    }

    @Override
    public Adjustment shrink(long jobId, Mark mark, Set<String> hosts) {
        if (hosts.isEmpty() || hosts.size() > MOST_HOSTS) {
            throw new IllegalArgumentException("hosts must be 1 to " + MOST_HOSTS + ": " + hosts.size());
        }
        for (String host : hosts) {
            if (!HOST.matcher(host).matches()) throw new IllegalArgumentException("not a host: " + host);
        }
        List<String> kept = hosts.stream().sorted().toList();
        return adjust(jobId, mark, new Slurmrestd.Change(Optional.empty(), Optional.of(kept)));
    }

    private Adjustment adjust(long jobId, Mark mark, Slurmrestd.Change change) {
        switch (observe(jobId, mark)) {
            case Lookup.Unknown(String why) -> {
                return new Adjustment.Unknown(why);
            }
            case Lookup.Absent() -> {
                return new Adjustment.AlreadyGone();
            }
            case Lookup.Found(Placeholder found)
            when found.state().terminal() -> {
                return new Adjustment.AlreadyGone();
            }
            case Lookup.Found(Placeholder found) ->
                LOG.log(Level.INFO, "changing job {0}: {1}", Long.toString(found.job()), change);
        }
        roll.doubt(jobId);
        Reply<Said.Updated> reply = slurm.ask(api -> api.update(jobId, change));
        return switch (reply) {
            case Reply.Good<Said.Updated>(var answer) -> adjusted(answer.results());
            case Reply.Failed<Said.Updated>(long number, String text) -> Errors.adjustment(number, text);
            case Reply.Silent<Said.Updated>(String why) -> new Adjustment.Unknown(why);
            case Reply.Elsewhere<Said.Updated>(String why) -> new Adjustment.Unknown(why);
        };
    }

    private static Adjustment adjusted(@Nullable List<Said.Update> results) {
        if (results == null) return new Adjustment.Done();
        for (Said.Update result : results) {
            Long code = result.errorCode();
            if (code != null && code != 0) return Errors.adjustment(code, Reply.clean(result.error(), LONGEST_TEXT));
        }
        return new Adjustment.Done();
    }
}
