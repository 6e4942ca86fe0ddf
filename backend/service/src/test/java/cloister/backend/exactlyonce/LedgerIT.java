package cloister.backend.exactlyonce;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.testing.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Leases that end in different ways: for each, the ledger says what slurmdbd says; then a record is purged and another edited,
 * and both are named. Real Slurm, PostgreSQL and backend; the machines are small processes. {@code -Dcloister.ledger.leases=200}
 * makes it as many.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LedgerIT {
    /** As many workers as the project may have. */
    private static final int AT_ONCE = 4;

    @TempDir
    static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private Site site;

    private final Instant begin = Instant.now().minus(Duration.ofMinutes(5));
    private final Map<Integer, String> ended = new TreeMap<>();

    private enum End {
        GIVEN_BACK,
        BY_THE_OPERATOR,
        BY_AN_ADMIN,
        FAILED
    }

    @BeforeAll
    void start() throws Exception {
        site = new Site(folder);
    }

    @AfterAll
    void stop() throws Exception {
        if (site != null) {
            site.close();
        }
    }

    @Test
    void the_ledger_says_what_slurmdbd_says_until_somebody_changes_a_record() throws Exception {
        int leases = Integer.getInteger("cloister.ledger.leases", 8);
        for (int first = 1; first <= leases; first += AT_ONCE) {
            wave(first, Math.min(AT_ONCE, leases - first + 1));
        }
        JsonNode report = settled(leases);
        assertThat(report.path("differences")).isEmpty();
        Map<Long, String> records = records();
        long sum = 0;
        System.out.println("lease  ended            ledger                          slurmdbd");
        for (JsonNode row : report.path("usage")) {
            String ledger =
                    row.path("state").asString() + " " + row.path("cpus").asLong() + " "
                            + row.path("elapsedSeconds").asLong() + " "
                            + row.path("cpuSeconds").asLong();
            String slurmdbd = records.getOrDefault(row.path("job").asLong(), "none");
            System.out.printf(
                    Locale.ROOT,
                    "%-6d %-16s %-31s %s%n",
                    row.path("lease").asInt(),
                    ended.get(row.path("lease").asInt()),
                    ledger,
                    slurmdbd);
            assertThat(ledger).isEqualTo(slurmdbd);
            assertThat(row.path("usedCpuSeconds").asLong()).isPositive();
            sum += row.path("cpuSeconds").asLong();
        }
        assertThat(report.path("cpuSeconds").asLong()).isEqualTo(sum);
        assertThat(report.path("usage")
                        .valueStream()
                        .map(row -> row.path("state").asString()))
                .contains("COMPLETED", "CANCELLED", "FAILED");
        long purged = report.path("usage").path(0).path("job").asLong();
        long edited = report.path("usage").path(1).path("job").asLong();
        sql("delete from test_job_table where id_job=" + purged);
        sql("update test_job_table set time_end=time_end+60 where id_job=" + edited);
        List<String> named = new ArrayList<>();
        usage().path("differences")
                .forEach(one -> named.add(
                        one.path("kind").asString() + " " + one.path("job").asLong()));
        assertThat(named).containsExactlyInAnyOrder("MISSING_IN_SLURMDBD " + purged, "EDITED " + edited);
    }

    private void wave(int first, int count) throws Exception {
        for (int lease = first; lease < first + count; lease++) {
            site.tell(
                    "PUT",
                    "/broker/v1/leases/" + lease,
                    "{\"member\":1,\"workers\":1,\"cpus\":" + (1 + lease % 3) + ",\"memMiB\":512,\"gpuKind\":\"NONE\","
                            + "\"gpus\":0,\"scratchMiB\":0,\"termMin\":10,\"spread\":false}");
        }
        for (int lease = first; lease < first + count; lease++) {
            until(lease, "RUNNING");
        }
        for (int lease = first; lease < first + count; lease++) {
            End end = End.values()[lease % End.values().length];
            ended.put(lease, end.name());
            long job = site.lease(lease).path("job").asLong();
            switch (end) {
                case GIVEN_BACK -> site.tell("DELETE", "/broker/v1/leases/" + lease, "");
                case BY_THE_OPERATOR -> site.ask("lease.cancel", "{\"project\":1,\"lease\":" + lease + "}");
                case BY_AN_ADMIN -> site.slurm.run("scancel", Long.toString(job));
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
        for (int lease = first; lease < first + count; lease++) {
            until(lease, "ENDED");
        }
    }

    private void until(int lease, String state) {
        Eventually.holds(
                "lease " + lease + " is " + state,
                () -> site.lease(lease).path("state").asString().equals(state));
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

    /** By job: state, cores, seconds and core-seconds, from slurmdbd's own command. */
    private Map<Long, String> records() throws IOException, InterruptedException {
        Map<Long, String> records = new HashMap<>();
        site.slurm
                .run(
                        "sacct",
                        "-a",
                        "-nPX",
                        "-A",
                        "p1",
                        "-S",
                        "now-1days",
                        "-o",
                        "jobid,state,alloccpus,elapsedraw,cputimeraw")
                .lines()
                .map(line -> line.split("\\|", -1))
                .forEach(cells -> records.put(
                        Long.parseLong(cells[0]),
                        cells[1].replaceAll(" by .*", "") + " " + cells[2] + " " + cells[3] + " " + cells[4]));
        return records;
    }

    private void sql(String statement) throws IOException, InterruptedException {
        site.slurm.run("mariadb", "slurm_acct_db", "-e", statement);
    }
}
