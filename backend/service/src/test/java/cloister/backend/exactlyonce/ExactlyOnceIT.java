package cloister.backend.exactlyonce;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.exactlyonce.Site.Victim;
import cloister.backend.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A daemon is killed at one step of a lease's life: exactly one placeholder of the lease runs to its end, and nothing is left.
 * Real slurmctld, slurmdbd, slurmrestd, PostgreSQL and backend; the machines are small processes. By default each daemon is
 * killed once; {@code -Dcloister.exactly-once=all} kills each at each step, with one worker and with two, and
 * {@code slurmctld-asked,backend-ended} those at those steps.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExactlyOnceIT {
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private Site site;

    private final List<String> table = new ArrayList<>();

    /** Where a lease is when the daemon is killed, and the backend's call that shows it. */
    private enum Step {
        INTENT("before submit"),
        SUBMITTED("after submit"),
        ASKED("before start"),
        BOOTED("before go"),
        RUNNING(""),
        DESTROYED("before end"),
        ENDED("after end");

        private final String call;

        Step(String call) {
            this.call = call;
        }
    }

    @BeforeAll
    void start() throws Exception {
        site = new Site(folder);
    }

    @AfterAll
    void stop() throws Exception {
        if (site != null) {
            // What is looked at where a run did not come to its end.
            site.keepLogs();
            site.close();
        }
    }

    /** Whether a kill is wanted: all of them, or those that are named {@code <victim>-<step>}, with commas in between. */
    private static boolean wanted(String named, Victim victim, Step step) {
        return named.equals("all")
                || Arrays.stream(named.split(",", -1)).anyMatch((victim + "-" + step)::equalsIgnoreCase);
    }

    @Test
    void whatever_is_killed_whenever_one_placeholder_of_each_lease_runs_to_its_end() throws Exception {
        try {
            runAll(System.getProperty("cloister.exactly-once", ""));
        } finally {
            System.out.println("killed      step       workers  attempts  placeholders of the lease");
            table.forEach(System.out::println);
        }
        assertThat(table).isNotEmpty().noneMatch(line -> line.contains("WRONG"));
    }

    private void runAll(String named) throws Exception {
        if (!named.isEmpty()) {
            for (int workers = 1; workers <= 2; workers++) {
                for (Step step : Step.values()) {
                    for (Victim victim : Victim.values()) {
                        if (wanted(named, victim, step)) {
                            run(victim, step, workers);
                        }
                    }
                }
            }
        } else {
            run(Victim.BACKEND, Step.SUBMITTED, 1);
            run(Victim.SLURMCTLD, Step.SUBMITTED, 2);
            run(Victim.SLURMRESTD, Step.INTENT, 1);
            run(Victim.SLURMDBD, Step.ENDED, 1);
        }
    }

    private void run(Victim victim, Step step, int workers) throws Exception {
        int lease = next();
        boolean early = step.compareTo(Step.RUNNING) < 0;
        if (early) {
            site.stopAt(step.call);
            tell(lease, workers);
            Eventually.holds("the backend is at " + step, site::stopped);
            site.kill(victim);
            untilRunning(lease);
            give(lease);
        } else {
            tell(lease, workers);
            untilRunning(lease);
            if (victim == Victim.SLURMCTLD) {
                untilSaved(lease);
            }
            if (step == Step.RUNNING) {
                site.kill(victim);
                untilRunning(lease);
                give(lease);
            } else {
                site.stopAt(step.call);
                give(lease);
                Eventually.holds("the backend is at " + step, site::stopped);
                site.kill(victim);
            }
        }
        until(lease, "ENDED");
        table.add(line(victim, step, workers, lease));
    }

    /**
     * A slurmctld that dies before it saved that a batch script was started starts it once more; slurmd calls that a
     * duplicate, and the job is killed and its host drained. Every Slurm does so, whoever's job it is. It saves a change
     * within five seconds.
     */
    private void untilSaved(int lease) throws Exception {
        long begun = site.now();
        Eventually.holds("slurmctld has saved that lease " + lease + " runs", () -> site.now() > begun + 5);
    }

    private int next() {
        int next = 1;
        for (var lease : site.ask("lease.list", "{\"project\":1}").path("leases")) {
            next = Math.max(next, lease.path("lease").asInt() + 1);
        }
        return next;
    }

    private void tell(int lease, int workers) {
        site.tell(
                "PUT",
                "/broker/v1/leases/" + lease,
                "{\"member\":1,\"workers\":" + workers + ",\"cpus\":1,\"memMiB\":512,\"gpuKind\":\"NONE\",\"gpus\":0,"
                        + "\"scratchMiB\":0,\"termMin\":10,\"spread\":" + (workers > 1) + "}");
    }

    private void give(int lease) {
        site.tell("DELETE", "/broker/v1/leases/" + lease, "");
    }

    private void untilRunning(int lease) {
        until(lease, "RUNNING");
    }

    private void until(int lease, String state) {
        Eventually.holds("lease " + lease + " is " + state, () -> {
            var seen = site.lease(lease);
            if (seen.path("state").asString().equals("ENDED") && !state.equals("ENDED")) {
                throw new AssertionError("lease " + lease + " ended: " + seen.path("reason"));
            }
            return seen.path("state").asString().equals(state);
        });
    }

    /**
     * A slurmctld that dies before it saved that a job ended believes after its return that the job runs, and nothing is left
     * of it that could end by itself: it is cancelled, and recorded so.
     */
    private static boolean ranToItsEnd(String record, Victim victim, Step step) {
        return record.contains("COMPLETED")
                || (victim == Victim.SLURMCTLD && step == Step.ENDED && record.contains("CANCELLED"));
    }

    private String line(Victim victim, Step step, int workers, int lease) throws Exception {
        Eventually.holds("slurmdbd has the end of lease " + lease, () -> {
            try {
                return site.records(lease).stream().anyMatch(record -> ranToItsEnd(record, victim, step))
                        && site.placeholders(lease).stream().noneMatch(job -> job.contains("COMPLETING"));
            } catch (Exception e) {
                return false;
            }
        });
        List<String> records = site.records(lease);
        List<String> live = site.placeholders(lease).stream()
                .filter(job -> !job.matches(".* (COMPLETED|CANCELLED|FAILED|TIMEOUT|NODE_FAIL)"))
                .toList();
        long completed = records.stream()
                .filter(record -> ranToItsEnd(record, victim, step))
                .count();
        long attempts = records.stream()
                .map(record -> record.split(" ", -1)[1])
                .distinct()
                .count();
        boolean once = completed == 1 && attempts == records.size();
        boolean clean =
                live.isEmpty() && site.workers().isEmpty() && site.gate(lease).isEmpty();
        return "%-11s %-10s %-8d %-9d %s%s"
                .formatted(
                        victim.name().toLowerCase(Locale.ROOT),
                        step.name().toLowerCase(Locale.ROOT),
                        workers,
                        attempts,
                        String.join(", ", records),
                        once && clean
                                ? ""
                                : "  WRONG: live " + live + ", machines " + site.workers() + ", gate "
                                        + site.gate(lease) + ", log "
                                        + Files.size(site.log().orElseThrow()));
    }
}
