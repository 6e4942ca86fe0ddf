package cloister.bridge.slurm;

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
import cloister.slurm.v0042.ApiClient;
import cloister.slurm.v0042.api.SlurmApi;
import cloister.slurm.v0042.api.SlurmdbApi;
import cloister.slurm.v0042.model.Job;
import cloister.slurm.v0042.model.JobComment;
import cloister.slurm.v0042.model.JobInfo;
import cloister.slurm.v0042.model.KillJobsRespJob;
import cloister.slurm.v0042.model.KillJobsRespJobError;
import cloister.slurm.v0042.model.OpenapiError;
import cloister.slurm.v0042.model.OpenapiJobInfoResp;
import cloister.slurm.v0042.model.OpenapiJobSubmitResponse;
import cloister.slurm.v0042.model.OpenapiKillJobResp;
import cloister.slurm.v0042.model.OpenapiSlurmdbdJobsResp;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Placeholders by slurmrestd, v0.0.42: the one version that Slurm 24.11 and 26.05 both serve. */
public final class RestPlaceholders implements Placeholders {
    private static final System.Logger LOG = System.getLogger(RestPlaceholders.class.getName());
    private static final int LONGEST_TEXT = 256;
    private static final Comparator<Placeholder> NEWEST_LAST =
            Comparator.comparing(Placeholder::submitted).thenComparingLong(Placeholder::job);

    private final SlurmApi slurm;
    private final SlurmdbApi records;
    private final String user;
    private final SubmitBody body;

    private RestPlaceholders(ApiClient client, SlurmBridgeConfig config) {
        this.slurm = new SlurmApi(client);
        this.records = new SlurmdbApi(client);
        this.user = config.user();
        this.body = new SubmitBody(config.partition());
    }

    /** Makes the client without talking to slurmrestd. */
    public static RestPlaceholders connect(SlurmBridgeConfig config) {
        return new RestPlaceholders(Connection.client(config), config);
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
        Reply<OpenapiJobSubmitResponse> reply =
                Reply.of(() -> slurm.submit(body.of(request)), RestPlaceholders::errorsWithoutJob);
        return switch (reply) {
            case Reply.Good<OpenapiJobSubmitResponse>(var answer) -> placed(answer);
            case Reply.Failed<OpenapiJobSubmitResponse>(long number, String text) -> {
                Optional<Refusal> refusal = Errors.refusal(number);
                yield refusal.isPresent()
                        ? new Submission.Refused(refusal.get(), Reply.clean(text, LONGEST_TEXT))
                        : new Submission.Unknown(text);
            }
            case Reply.Silent<OpenapiJobSubmitResponse>(String why) -> new Submission.Unknown(why);
        };
    }

    private static @Nullable List<OpenapiError> errorsWithoutJob(OpenapiJobSubmitResponse answer) {
        return job(answer) > 0 ? null : answer.getErrors();
    }

    private static long job(OpenapiJobSubmitResponse answer) {
        Long job = answer.getJobId();
        return job == null ? 0 : job;
    }

    private static Submission placed(OpenapiJobSubmitResponse answer) {
        long job = job(answer);
        // A field of a wrong type gives 200, no error and no job.
        if (job < 1) return new Submission.Unknown("slurmrestd named neither a job nor an error");
        List<OpenapiError> errors = answer.getErrors();
        if (errors == null || errors.isEmpty()) return new Submission.Placed(job);
        return new Submission.Unknown("slurmrestd named job " + job + " and an error: "
                + Reply.clean(errors.getFirst().getError(), LONGEST_TEXT));
    }

    @Override
    public Lookup find(Mark mark) {
        return switch (list()) {
            case Survey.Unknown(String why) -> new Lookup.Unknown(why);
            case Survey.Seen(List<Placeholder> placeholders) -> best(placeholders, mark);
        };
    }

    private static Lookup best(List<Placeholder> placeholders, Mark mark) {
        Comparator<Placeholder> livingLast =
                Comparator.comparing(placeholder -> !placeholder.state().terminal());
        return placeholders.stream()
                .filter(placeholder -> placeholder.mark().equals(mark))
                .max(livingLast.thenComparing(NEWEST_LAST))
                .<Lookup>map(Lookup.Found::new)
                .orElseGet(Lookup.Absent::new);
    }

    @Override
    public Survey list() {
        Reply<OpenapiJobInfoResp> reply = Reply.of(() -> slurm.jobs(null, null), OpenapiJobInfoResp::getErrors);
        return switch (reply) {
            case Reply.Good<OpenapiJobInfoResp>(var answer) -> survey(answer.getJobs());
            case Reply.Failed<OpenapiJobInfoResp>(long number, String text) -> new Survey.Unknown(text);
            case Reply.Silent<OpenapiJobInfoResp>(String why) -> new Survey.Unknown(why);
        };
    }

    private Survey survey(@Nullable List<JobInfo> jobs) {
        if (jobs == null) return new Survey.Unknown("slurmrestd's list has no jobs in it");
        List<Placeholder> placeholders = new ArrayList<>();
        try {
            for (JobInfo job : jobs) {
                Optional<Mark> mark = Jobs.mark(job, user);
                if (mark.isPresent()) placeholders.add(Jobs.placeholder(job, mark.get()));
            }
        } catch (Unclear e) {
            // Leaving one out would make it look ended.
            return new Survey.Unknown(e.what());
        }
        placeholders.sort(Comparator.comparingLong(Placeholder::job));
        return new Survey.Seen(placeholders);
    }

    @Override
    public Lookup observe(long jobId, Mark mark) {
        Reply<OpenapiJobInfoResp> reply =
                Reply.of(() -> slurm.job(Long.toString(jobId), null, null), OpenapiJobInfoResp::getErrors);
        return switch (reply) {
            case Reply.Good<OpenapiJobInfoResp>(var answer) -> observed(answer.getJobs(), jobId, mark);
            case Reply.Failed<OpenapiJobInfoResp>(long number, String text) ->
                Errors.unknownJob(number) ? recorded(jobId, mark) : new Lookup.Unknown(text);
            case Reply.Silent<OpenapiJobInfoResp>(String why) -> new Lookup.Unknown(why);
        };
    }

    private Lookup observed(@Nullable List<JobInfo> jobs, long jobId, Mark mark) {
        if (jobs == null) return new Lookup.Unknown("slurmrestd's answer has no jobs in it");
        for (JobInfo job : jobs) {
            if (!Long.valueOf(jobId).equals(job.getJobId())
                    || !Jobs.mark(job, user).equals(Optional.of(mark))) continue;
            try {
                return new Lookup.Found(Jobs.placeholder(job, mark));
            } catch (Unclear e) {
                return new Lookup.Unknown(e.what());
            }
        }
        // After a crash slurmctld gives the same id to another job; ours can only be in the records.
        return recorded(jobId, mark);
    }

    private Lookup recorded(long jobId, Mark mark) {
        Reply<OpenapiSlurmdbdJobsResp> reply =
                Reply.of(() -> records.recordedJob(Long.toString(jobId)), OpenapiSlurmdbdJobsResp::getErrors);
        return switch (reply) {
            case Reply.Good<OpenapiSlurmdbdJobsResp>(var answer) -> newestRecord(answer.getJobs(), jobId, mark);
            case Reply.Failed<OpenapiSlurmdbdJobsResp>(long number, String text) -> new Lookup.Unknown(text);
            case Reply.Silent<OpenapiSlurmdbdJobsResp>(String why) -> new Lookup.Unknown(why);
        };
    }

    private Lookup newestRecord(@Nullable List<Job> jobs, long jobId, Mark mark) {
        if (jobs == null) return new Lookup.Unknown("slurmdbd's answer has no jobs in it");
        List<Placeholder> matching = new ArrayList<>();
        List<Placeholder> without = new ArrayList<>();
        for (Job job : jobs) {
            if (!Long.valueOf(jobId).equals(job.getJobId()) || !user.equals(job.getUser())) continue;
            JobComment comments = job.getComment();
            String comment = Objects.requireNonNullElse(comments == null ? null : comments.getJob(), "");
            boolean bare = comment.isEmpty();
            if (!bare && !Mark.parse(comment).equals(Optional.of(mark))) continue;
            try {
                Placeholder placeholder = Jobs.recorded(job, mark);
                // slurmdbd gets the comment when a job ends. One that slurmctld lost in a crash never does.
                if (bare && placeholder.state() != PlaceholderState.LOST) {
                    return new Lookup.Unknown(
                            "slurmdbd keeps no comments; slurm.conf needs AccountingStoreFlags=job_comment");
                }
                (bare ? without : matching).add(placeholder);
            } catch (Unclear e) {
                return new Lookup.Unknown(e.what());
            }
        }
        if (matching.isEmpty()) matching.addAll(without);
        return matching.stream().max(NEWEST_LAST).<Lookup>map(Lookup.Found::new).orElseGet(Lookup.Absent::new);
    }

    @Override
    public Ending end(long jobId) {
        LOG.log(Level.INFO, "ending job {0}", Long.toString(jobId));
        return signal(jobId, "USR1", "BATCH_JOB");
    }

    @Override
    public Ending cancel(long jobId) {
        LOG.log(Level.INFO, "cancelling job {0}", Long.toString(jobId));
        return signal(jobId, null, null);
    }

    private Ending signal(long jobId, @Nullable String signal, @Nullable String flags) {
        if (jobId < 1) throw new IllegalArgumentException("not a job id: " + jobId);
        Reply<OpenapiKillJobResp> reply =
                Reply.of(() -> slurm.signal(Long.toString(jobId), signal, flags), OpenapiKillJobResp::getErrors);
        return switch (reply) {
            case Reply.Good<OpenapiKillJobResp>(var answer) -> ending(answer.getStatus());
            case Reply.Failed<OpenapiKillJobResp>(long number, String text) ->
                Errors.gone(number) ? new Ending.AlreadyGone() : new Ending.Unknown(text);
            case Reply.Silent<OpenapiKillJobResp>(String why) -> new Ending.Unknown(why);
        };
    }

    /** An unknown job is a 200 without {@code errors[]}: what went wrong stands with each job. */
    private static Ending ending(@Nullable List<KillJobsRespJob> status) {
        if (status == null) return new Ending.Ended();
        for (KillJobsRespJob job : status) {
            KillJobsRespJobError error = job.getError();
            Long code = error == null ? null : error.getCode();
            if (error == null || code == null || code == 0) continue;
            if (Errors.gone(code)) return new Ending.AlreadyGone();
            return new Ending.Unknown(Reply.clean(error.getString(), LONGEST_TEXT) + " (" + code + ")");
        }
        return new Ending.Ended();
    }
}
