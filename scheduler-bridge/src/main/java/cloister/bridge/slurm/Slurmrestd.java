package cloister.bridge.slurm;

import cloister.bridge.PlaceholderRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * slurmrestd, spoken to in one version of its API. Every method makes one request, and throws
 * {@link org.springframework.web.client.RestClientException} when no answer comes that can be read.
 */
interface Slurmrestd {
    /** How long before its limit a job is warned. The signal does nothing to a process that does not ask for it. */
    String WARNING_SIGNAL = "URG";

    /**
     * The site's job_submit.lua puts the same script in its place. USR1 ends it with 0; the kill is there because the sleep
     * would stay behind on the host.
     */
    String SCRIPT = "#!/bin/sh\ntrap 'kill $!; exit 0' USR1; while :; do sleep 1000 & wait $!; done\n";

    /** slurmd gives a process nothing else to find programs by. */
    List<String> ENVIRONMENT = List.of("PATH=/usr/bin:/bin");

    String NOWHERE = "/dev/null";

    /** As it stands in the paths: {@code v0.0.42}. */
    String version();

    /** Whether slurmctld answers; throws a 404 where this version is not served. */
    void ping();

    Said.@Nullable Submitted submit(PlaceholderRequest request, String partition);

    Said.@Nullable Jobs jobs();

    Said.@Nullable Jobs job(long id);

    /** The same answer, read for what the job was given. */
    Said.@Nullable Holdings holdings(long id);

    Said.@Nullable States states();

    Said.@Nullable Hosts host(String name);

    Said.@Nullable Records records(long id);

    Said.@Nullable Signalled signal(long id, @Nullable String signal, @Nullable String flags);

    Said.@Nullable Updated update(long id, Change change);

    /**
     * What is to change in a job.
     *
     * @param limit its new time limit, in whole minutes
     * @param hosts those that it keeps
     */
    record Change(Optional<Duration> limit, Optional<List<String>> hosts) {}
}
