package cloister.bridge.slurm;

import cloister.bridge.PlaceholderRequest;
import cloister.slurm.v0042.ApiClient;
import cloister.slurm.v0042.api.SlurmApi;
import cloister.slurm.v0042.api.SlurmdbApi;
import cloister.slurm.v0042.model.JobDescMsg;
import cloister.slurm.v0042.model.JobSubmitReq;
import cloister.slurm.v0042.model.Uint16NoValStruct;
import cloister.slurm.v0042.model.Uint32NoValStruct;
import cloister.slurm.v0042.model.Uint64NoValStruct;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** v0.0.42: the newest that Slurm 24.11 has, and deprecated in 26.05. */
final class V0042 implements Slurmrestd {
    static final String VERSION = "v0.0.42";

    private final SlurmApi slurm;
    private final SlurmdbApi records;

    V0042(Connection connection) {
        ApiClient client = connection.older();
        this.slurm = new SlurmApi(client);
        this.records = new SlurmdbApi(client);
    }

    @Override
    public String version() {
        return VERSION;
    }

    @Override
    public void ping() {
        slurm.pingWithResponseSpec().toBodilessEntity();
    }

    @Override
    public Said.@Nullable Submitted submit(PlaceholderRequest request, String partition) {
        JobDescMsg job = new JobDescMsg()
                .name("cloister")
                .partition(partition)
                .account(request.account())
                .wckey(request.wckey())
                .comment(request.mark().comment())
                .tasks((long) request.tasks())
                .cpusPerTask((long) request.cpusPerTask())
                .memoryPerCpu(new Uint64NoValStruct().set(true).number((long) request.memoryMiBPerCpu()))
                .timeLimit(minutes(request.limitMinutes()))
                .requeue(false)
                .currentWorkingDirectory("/")
                .environment(ENVIRONMENT)
                .standardInput(NOWHERE)
                .standardOutput(NOWHERE)
                .standardError(NOWHERE);
        // As many hosts as workers is the only way to say one on each: without it seven workers may land on one host.
        if (request.spread()) job.nodes(Integer.toString(request.tasks()));
        request.gpus().ifPresent(gpus -> job.tresPerTask(gpus.tres()));
        // Only where it is wanted: with it a job loses the hosts that Slurm gives up, and goes on.
        if (request.outlivesHosts()) job.killOnNodeFail(false);
        request.warning()
                .ifPresent(warning -> job.killWarningSignal(WARNING_SIGNAL)
                        .killWarningDelay(new Uint16NoValStruct().set(true).number(warning.toSeconds()))
                        .killWarningFlags(List.of("BATCH_JOB")));
        return slurm.submitWithResponseSpec(new JobSubmitReq().script(SCRIPT).job(job))
                .body(Said.Submitted.class);
    }

    private static Uint32NoValStruct minutes(long minutes) {
        return new Uint32NoValStruct().set(true).number(minutes);
    }

    @Override
    public Said.@Nullable Jobs jobs() {
        return slurm.jobsWithResponseSpec(null, null).body(Said.Jobs.class);
    }

    @Override
    public Said.@Nullable Jobs job(long id) {
        return slurm.jobWithResponseSpec(Long.toString(id), null, null).body(Said.Jobs.class);
    }

    @Override
    public Said.@Nullable Holdings holdings(long id) {
        return slurm.jobWithResponseSpec(Long.toString(id), null, null).body(Said.Holdings.class);
    }

    @Override
    public Said.@Nullable States states() {
        return slurm.statesWithResponseSpec(null).body(Said.States.class);
    }

    @Override
    public Said.@Nullable Hosts host(String name) {
        return slurm.nodeWithResponseSpec(name, null, null).body(Said.Hosts.class);
    }

    @Override
    public Said.@Nullable Records records(long id) {
        return records.recordedJobWithResponseSpec(Long.toString(id)).body(Said.Records.class);
    }

    @Override
    public Said.@Nullable Signalled signal(long id, @Nullable String signal, @Nullable String flags) {
        return slurm.signalWithResponseSpec(Long.toString(id), signal, flags).body(Said.Signalled.class);
    }

    @Override
    public Said.@Nullable Updated update(long id, Change change) {
        JobDescMsg job = new JobDescMsg();
        change.limit().ifPresent(limit -> job.timeLimit(minutes(limit.toMinutes())));
        change.hosts().ifPresent(job::requiredNodes);
        return slurm.updateWithResponseSpec(Long.toString(id), job).body(Said.Updated.class);
    }
}
