package cloister.bridge.slurm;

import cloister.bridge.PlaceholderRequest;
import cloister.slurm.v0042.model.JobDescMsg;
import cloister.slurm.v0042.model.JobSubmitReq;
import cloister.slurm.v0042.model.Uint32NoValStruct;
import cloister.slurm.v0042.model.Uint64NoValStruct;
import java.util.List;

/**
 * The job that stands for a lease.
 *
 * @param partition where it goes
 */
record SubmitBody(String partition) {
    /**
     * The site's job_submit.lua puts the same script in its place. USR1 ends it with 0; the kill is there because the sleep
     * would stay behind on the host.
     */
    private static final String SCRIPT =
            "#!/bin/sh\ntrap 'kill $!; exit 0' USR1; while :; do sleep 1000 & wait $!; done\n";

    private static final String NOWHERE = "/dev/null";

    JobSubmitReq of(PlaceholderRequest request) {
        JobDescMsg job = new JobDescMsg()
                .name("cloister")
                .partition(partition)
                .account(request.account())
                .wckey(request.wckey())
                .comment(request.mark().comment())
                .tasks((long) request.tasks())
                .cpusPerTask((long) request.cpusPerTask())
                .memoryPerCpu(new Uint64NoValStruct().set(true).number((long) request.memoryMiBPerCpu()))
                .timeLimit(new Uint32NoValStruct().set(true).number(request.limitMinutes()))
                .requeue(false)
                .currentWorkingDirectory("/")
                .environment(List.of("PATH=/usr/bin:/bin"))
                .standardInput(NOWHERE)
                .standardOutput(NOWHERE)
                .standardError(NOWHERE);
        // As many hosts as workers is the only way to say one on each: without it seven workers may land on one host.
        if (request.spread()) job.nodes(Integer.toString(request.tasks()));
        return new JobSubmitReq().script(SCRIPT).job(job);
    }
}
