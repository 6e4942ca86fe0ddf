package cloister.backend.exactlyonce;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.exactlyonce.MixedLeases.End;
import cloister.backend.testing.Eventually;
import cloister.slurm.testing.SlurmLine;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Leases that end in different ways: for each, the ledger says what slurmdbd says; then a record is purged and others edited,
 * and all are named. Real Slurm, PostgreSQL and backend; the machines are small processes. {@code -Dcloister.ledger.leases=200}
 * makes it as many, and has some of them time out, which takes Slurm a minute and a half. {@code -Dcloister.ledger.slurm=26.05}
 * takes the line whose records can be corrected: there what was used is charged, and sreport says the ledger's sum.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LedgerIT {
    private static final int FEW = 10;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder = Path.of("");

    private final SlurmLine line = Arrays.stream(SlurmLine.values())
            .filter(one -> one.number().equals(System.getProperty("cloister.ledger.slurm", "24.11")))
            .findFirst()
            .orElseThrow();

    private final boolean corrects = line == SlurmLine.SLURM_26_05;

    @SuppressWarnings("NullAway.Init")
    private Site site;

    @SuppressWarnings("NullAway.Init")
    private SlurmBooks slurmdbd;

    private final Instant begin = Instant.now().minus(Duration.ofMinutes(5));

    @BeforeAll
    void start() throws Exception {
        site = new Site(folder, line, corrects ? "used" : "allocated");
        slurmdbd = new SlurmBooks(site.slurm);
    }

    @AfterAll
    void stop() throws Exception {
        if (site != null) {
            // What is looked at where a lease did not come to its end.
            site.keepLogs();
            site.close();
        }
    }

    @Test
    void the_ledger_says_what_slurmdbd_says_until_somebody_changes_a_record() throws Exception {
        int leases = Integer.getInteger("cloister.ledger.leases", FEW);
        Set<End> mix = leases > FEW ? EnumSet.allOf(End.class) : End.quick();
        MixedLeases mixed = new MixedLeases(site);
        mixed.run(leases, mix);
        JsonNode report = settled(leases);
        assertThat(report.path("differences")).isEmpty();
        compare(report, mixed.ends());
        Set<String> states = report.path("usage")
                .valueStream()
                .map(row -> row.path("state").asString())
                .collect(Collectors.toSet());
        assertThat(states).contains("COMPLETED", "CANCELLED", "FAILED");
        assertThat(states.contains("TIMEOUT")).isEqualTo(mix.contains(End.TIMED_OUT));
        if (corrects) {
            long reported = slurmdbd.reported();
            System.out.println("sreport: " + reported + " core-seconds, ledger: " + report.path("cpuSeconds"));
            assertThat(reported).isEqualTo(report.path("cpuSeconds").asLong());
            assertThat(usage().path("differences"))
                    .as("nothing was changed by the look")
                    .isEmpty();
        }
        change(report, mixed.ends());
    }

    private void compare(JsonNode report, Map<Integer, End> ends) throws Exception {
        Map<Long, SlurmBooks.Job> jobs = slurmdbd.jobs();
        long sum = 0;
        List<String> wrong = new ArrayList<>();
        System.out.println("lease  ended            ledger                          slurmdbd");
        for (JsonNode row : report.path("usage")) {
            int lease = row.path("lease").asInt();
            String ledger =
                    row.path("state").asString() + " " + row.path("cpus").asLong() + " "
                            + row.path("elapsedSeconds").asLong() + " "
                            + row.path("cpuSeconds").asLong();
            SlurmBooks.Job job = jobs.getOrDefault(row.path("job").asLong(), new SlurmBooks.Job(0, "none"));
            End end = Objects.requireNonNull(ends.get(lease));
            System.out.printf(Locale.ROOT, "%-6d %-16s %-31s %s%n", lease, end, ledger, job.text());
            if (!ledger.equals(job.text()) || job.parts() != (end == End.SHRUNK ? 2 : 1) || !charged(row, end)) {
                wrong.add(lease + " " + end + ": " + row + ", slurmdbd: " + job);
            }
            sum += row.path("cpuSeconds").asLong();
        }
        assertThat(wrong).isEmpty();
        assertThat(report.path("cpuSeconds").asLong()).isEqualTo(sum);
    }

    /** What was used, rounded up to whole cores for the time that it had them; else what was given. */
    private boolean charged(JsonNode row, End end) {
        long used = row.path("usedCpuSeconds").asLong();
        long elapsed = row.path("elapsedSeconds").asLong();
        long charged = row.path("cpuSeconds").asLong();
        long cores = row.path("cpus").asLong();
        boolean right;
        if (end == End.SHRUNK) {
            // As given: more than what it had left for the whole time.
            right = charged > cores * elapsed;
        } else {
            boolean least = cores == 1 || (cores - 1) * elapsed < used;
            right = charged == cores * elapsed && (!corrects || (charged >= used && least));
        }
        return used > 0 && right;
    }

    private void change(JsonNode report, Map<Integer, End> ends) throws Exception {
        long purged = one(report, ends, End.GIVEN_BACK);
        long edited = one(report, ends, End.BY_AN_ADMIN);
        long shrunk = one(report, ends, End.SHRUNK);
        slurmdbd.purge(purged);
        slurmdbd.lengthen(edited);
        slurmdbd.lengthen(shrunk);
        List<String> named = new ArrayList<>();
        for (JsonNode difference : usage().path("differences")) {
            named.add(difference.path("kind").asString() + " "
                    + difference.path("job").asLong());
            System.out.println("named: " + difference);
        }
        assertThat(named)
                .containsExactlyInAnyOrder("MISSING_IN_SLURMDBD " + purged, "EDITED " + edited, "EDITED " + shrunk);
    }

    private static long one(JsonNode report, Map<Integer, End> ends, End wanted) {
        return report.path("usage")
                .valueStream()
                .filter(row -> ends.get(row.path("lease").asInt()) == wanted)
                .findFirst()
                .orElseThrow()
                .path("job")
                .asLong();
    }

    private JsonNode usage() {
        return site.ask(
                "usage",
                "{\"project\":1,\"from\":" + begin.getEpochSecond() + ",\"until\":"
                        + Instant.now().plusSeconds(60).getEpochSecond() + "}");
    }

    private JsonNode settled(int leases) {
        Eventually.holds("every lease is settled", () -> {
            JsonNode report = usage();
            return report.path("usage").size() == leases
                    && report.path("differences").isEmpty();
        });
        return usage();
    }
}
