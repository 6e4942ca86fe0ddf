package cloister.backend.exactlyonce;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;

/** Leases that end in different ways, as many at the same time as the project may have. */
final class MixedLeases {
    private static final Duration STEP = Duration.ofMillis(250);
    /** slurmdbd counts whole seconds: what is held after hosts were given back is to show there. */
    private static final Duration SHOWS = Duration.ofSeconds(3);

    private static final Duration LONGEST = Duration.ofMinutes(20);

    private final Site site;
    private final Map<Integer, End> ends = new TreeMap<>();
    private final List<Live> live = new ArrayList<>();

    /** How a lease ends. The first takes the longest: Slurm's limits are whole minutes. */
    enum End {
        TIMED_OUT,
        SHRUNK,
        GIVEN_BACK,
        BY_THE_OPERATOR,
        BY_AN_ADMIN,
        FAILED;

        /** Those that take at most a few seconds. */
        static Set<End> quick() {
            return EnumSet.complementOf(EnumSet.of(TIMED_OUT));
        }

        private int workers() {
            return this == SHRUNK ? 2 : 1;
        }
    }

    private enum Stage {
        QUEUED,
        /** One of its hosts is given back. */
        SHRINKING,
        /** It has one host, for a while. */
        SHRUNK,
        /** Its host does not end its machine, and Slurm's limit comes. */
        TIMING_OUT,
        ENDING
    }

    private static final class Live {
        private final int lease;
        private final End end;
        private Stage stage = Stage.QUEUED;
        private long since;

        private Live(int lease, End end) {
            this.lease = lease;
            this.end = end;
        }

        private void becomes(Stage next) {
            stage = next;
            since = System.nanoTime();
        }
    }

    MixedLeases(Site site) {
        this.site = site;
    }

    /** How each lease was ended. */
    Map<Integer, End> ends() {
        return ends;
    }

    /** Runs leases 1 to {@code count} to their ends, with these ends in turn. */
    void run(int count, Set<End> mix) throws IOException, InterruptedException {
        List<End> turns = List.copyOf(mix);
        long until = System.nanoTime() + LONGEST.toNanos();
        while (ends.size() < count || !live.isEmpty()) {
            if (System.nanoTime() > until) {
                throw new AssertionError("not within " + LONGEST + ": the end of leases "
                        + live.stream().map(one -> one.lease + " " + one.end).toList());
            }
            ask(count, turns);
            look();
            LockSupport.parkNanos(STEP.toNanos());
        }
    }

    private void ask(int count, List<End> turns) {
        int free = Site.MOST_WORKERS
                - live.stream().mapToInt(one -> one.end.workers()).sum();
        while (ends.size() < count) {
            int lease = ends.size() + 1;
            End end = turns.get((lease - 1) % turns.size());
            free -= end.workers();
            // A project may ask for 720 leases an hour: the next look tries again.
            if (free < 0 || !site.told("PUT", path(lease), wish(lease, end))) {
                return;
            }
            ends.put(lease, end);
            live.add(new Live(lease, end));
        }
    }

    private static String path(int lease) {
        return "/broker/v1/leases/" + lease;
    }

    private static String wish(int lease, End end) {
        return "{\"member\":1,\"workers\":" + end.workers() + ",\"cpus\":" + (1 + lease % 3) + ",\"memMiB\":512,"
                + "\"gpuKind\":\"NONE\",\"gpus\":0,\"scratchMiB\":0,\"termMin\":10,\"spread\":" + (end.workers() > 1)
                + "}";
    }

    private void look() throws IOException, InterruptedException {
        Map<Integer, JsonNode> seen = new HashMap<>();
        for (JsonNode lease : site.ask("lease.list", "{\"project\":1}").path("leases")) {
            seen.put(lease.path("lease").asInt(), lease);
        }
        Jobs jobs = jobs();
        for (Live one : List.copyOf(live)) {
            JsonNode lease = seen.get(one.lease);
            if (lease == null) {
                throw new AssertionError("there is no lease " + one.lease);
            }
            if (lease.path("state").asString().equals("ENDED")) {
                if (one.stage != Stage.ENDING) {
                    throw new AssertionError("lease " + one.lease + " ended by itself: " + lease.path("reason"));
                }
                live.remove(one);
            } else {
                step(one, lease, jobs);
            }
        }
    }

    /** Placeholders as slurmctld has them: those on one host, and those past their limit. */
    private record Jobs(Set<Long> small, Set<Long> late) {}

    private Jobs jobs() throws IOException, InterruptedException {
        Jobs jobs = new Jobs(new HashSet<>(), new HashSet<>());
        if (live.stream().noneMatch(one -> one.stage == Stage.SHRINKING || one.stage == Stage.TIMING_OUT)) {
            return jobs;
        }
        for (String line : site.slurm
                .run("squeue", "-h", "-t", "all", "-o", "%i %D %T")
                .lines()
                .toList()) {
            String[] cells = line.strip().split(" ", -1);
            if (cells[1].equals("1")) {
                jobs.small().add(Long.parseLong(cells[0]));
            }
            if (cells[2].equals("TIMEOUT")) {
                jobs.late().add(Long.parseLong(cells[0]));
            }
        }
        return jobs;
    }

    private void step(Live one, JsonNode lease, Jobs jobs) throws IOException, InterruptedException {
        long job = lease.path("job").asLong(0);
        switch (one.stage) {
            case QUEUED -> {
                if (lease.path("state").asString().equals("RUNNING")) {
                    act(one, job);
                }
            }
            case SHRINKING -> {
                if (jobs.small().contains(job)) {
                    one.becomes(Stage.SHRUNK);
                }
            }
            case SHRUNK -> {
                if (System.nanoTime() - one.since > SHOWS.toNanos()) {
                    site.tell("DELETE", path(one.lease), "");
                    one.becomes(Stage.ENDING);
                }
            }
            case TIMING_OUT -> {
                if (jobs.late().contains(job)) {
                    one.becomes(Stage.ENDING);
                    site.hang(one.lease, false);
                }
            }
            case ENDING -> {}
        }
    }

    private void act(Live one, long job) throws IOException, InterruptedException {
        one.becomes(Stage.ENDING);
        switch (one.end) {
            case GIVEN_BACK -> site.tell("DELETE", path(one.lease), "");
            case BY_THE_OPERATOR -> site.ask("lease.cancel", "{\"project\":1,\"lease\":" + one.lease + "}");
            case BY_AN_ADMIN -> site.slurm.run("scancel", Long.toString(job));
            case SHRUNK -> {
                site.tell("DELETE", path(one.lease) + "/workers/2", "");
                one.becomes(Stage.SHRINKING);
            }
            case TIMED_OUT -> {
                // Else the backend ends it in time.
                site.hang(one.lease, true);
                site.slurm.run("scontrol", "update", "jobid=" + job, "timelimit=1");
                one.becomes(Stage.TIMING_OUT);
            }
            // As a host does that has no memory left.
            case FAILED ->
                site.slurm.run(
                        "bash",
                        "-c",
                        "for p in /proc/[0-9]*; do tr '\\0' ' ' 2>/dev/null < $p/cmdline | grep -q '^/bin/sh .*/job"
                                + String.format(Locale.ROOT, "%05d", job)
                                + "/slurm_script' && kill -KILL ${p#/proc/}; done; exit 0");
        }
    }
}
