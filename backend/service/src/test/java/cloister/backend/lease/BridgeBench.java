package cloister.backend.lease;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import cloister.backend.database.TestDatabase;
import cloister.bridge.SlurmBridge;
import cloister.slurm.testing.SlurmLine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./bench bridge}: a benchmark, and no test: it asserts nothing about time. */
final class BridgeBench {
    private static final int PROJECTS = 10;

    private BridgeBench() {}

    /** Arguments: the file for the figures, then which of {@code path}, {@code passes}, {@code 24.11}, {@code 26.05}. */
    public static void main(String[] args) throws Exception {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
        Path folder = Files.createTempDirectory("cloister-bench");
        Map<String, Object> figures = new LinkedHashMap<>();
        try {
            for (String what : List.of(args).subList(1, args.length)) {
                switch (what) {
                    case "path" -> figures.put("leasesBrokeredPerSecondSimulated", path(folder));
                    case "passes" -> figures.put("passes", passes(folder));
                    case "24.11", "26.05" -> figures.put("slurm-" + what, submissions(folder, what));
                    default -> throw new IllegalArgumentException(what);
                }
            }
            JsonMapper.builder().build().writeValue(Path.of(args[0]), figures);
        } finally {
            FileSystemUtils.deleteRecursively(folder);
        }
    }

    /** Our own share: a slurmrestd that takes every submission at once, in a process of its own. */
    private static List<Double> path(Path folder) throws Exception {
        int leases = Integer.getInteger("cloister.bench.submissions", 500);
        int rounds = Integer.getInteger("cloister.bench.rounds", 5);
        List<Double> perSecond = new ArrayList<>();
        try (TestDatabase database = new TestDatabase()) {
            Fleet fleet = new Fleet(database.source());
            fleet.projects(0);
            // The first one is for the compiler.
            for (int round = 0; round <= rounds; round++) {
                try (PassBench.Server server = new PassBench.Server(0)) {
                    SlurmBridge bridge = SlurmBridge.connect(PassBench.config(folder, server.url()));
                    int wanted = round == 0 ? 5 * PROJECTS : leases;
                    long own = PassBench.ownCpu();
                    long data = PassBench.databaseCpu();
                    double seconds = BrokerRound.seconds(database.source(), fleet, bridge, PROJECTS, wanted);
                    long submissions = server.heard().submissions();
                    if (submissions != wanted) {
                        throw new IllegalStateException(submissions + " submissions for " + wanted + " leases");
                    }
                    if (round > 0) {
                        perSecond.add(leases / seconds);
                        System.out.printf(
                                Locale.ROOT,
                                "  CPU ms a lease: backend %.2f, PostgreSQL %.2f%n",
                                (PassBench.ownCpu() - own) / 1e6 / leases,
                                (PassBench.databaseCpu() - data) / 1e6 / leases);
                    }
                }
            }
        }
        System.out.printf(Locale.ROOT, "%nleases brokered per second, %d at once of %d projects, ", leases, PROJECTS);
        System.out.println("wish -> intent -> submit -> record; real PostgreSQL, simulated slurmrestd:");
        perSecond.forEach(rate -> System.out.printf(Locale.ROOT, "  %.1f", rate));
        System.out.println();
        return perSecond;
    }

    private static List<SubmitBench.Figures> submissions(Path folder, String version) throws Exception {
        List<SubmitBench.Figures> all = new SubmitBench(
                        Files.createDirectory(folder.resolve(version)),
                        line(version),
                        Integer.getInteger("cloister.bench.submissions", 500),
                        Integer.getInteger("cloister.bench.cycles", 2))
                .measure();
        for (SubmitBench.Figures figures : all) {
            System.out.printf(
                    Locale.ROOT,
                    "%nper second, %d at once; real Slurm %s and PostgreSQL, all stay queued; %s:%n",
                    figures.submissions(),
                    version,
                    figures.cores());
            print("leases brokered", figures.brokered());
            print("raw submissions", figures.raw());
            System.out.printf(Locale.ROOT, "best brokered : best raw  %.2f (wanted: at least 0.80)%n", figures.ratio());
        }
        return all;
    }

    private static void print(String what, List<Double> perSecond) {
        System.out.print(what);
        perSecond.forEach(rate -> System.out.printf(Locale.ROOT, "  %6.1f", rate));
        System.out.println();
    }

    private static SlurmLine line(String version) {
        return Arrays.stream(SlurmLine.values())
                .filter(line -> line.number().equals(version))
                .findFirst()
                .orElseThrow();
    }

    private static List<PassBench.Row> passes(Path folder) throws Exception {
        List<PassBench.Row> rows = new ArrayList<>();
        PassBench bench = new PassBench(folder, Integer.getInteger("cloister.bench.passes", 60));
        for (String size : System.getProperty("cloister.bench.placeholders", "100,1000,10000")
                .split(",", -1)) {
            rows.add(bench.measure(Integer.parseInt(size)));
        }
        System.out.println();
        System.out.println(
                "simulated slurmrestd (v0.0.42, 12 KB a job), real PostgreSQL, hosts in memory; all placeholders run;"
                        + " a pass each second");
        System.out.println("              requests   of them    ms a pass          CPU ms a pass        trips to the");
        System.out.println("placeholders    a pass  long lists  median    most  backend  PostgreSQL  database a pass");
        for (PassBench.Row row : rows) {
            System.out.printf(
                    Locale.ROOT,
                    "%12d  %8.2f  %10.2f  %6.0f  %6.0f  %7.1f  %10.1f  %15.1f%n",
                    row.placeholders(),
                    row.requests(),
                    row.longLists(),
                    row.wallMedian(),
                    row.wallMost(),
                    row.backendCpu(),
                    row.databaseCpu(),
                    row.connections());
        }
        System.out.println("wanted: at most 2 requests and 1,000 ms");
        return rows;
    }
}
