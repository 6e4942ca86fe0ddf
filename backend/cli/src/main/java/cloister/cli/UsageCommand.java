package cloister.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** What was given and used in a period, and where slurmdbd says otherwise. */
@Command(
        name = "usage",
        description = {
            "Shows what the placeholders that started in a period were given and have used, and compares the ledger with slurmdbd.",
            "Exit code 0 both say the same, 1 they differ or can't be compared."
        },
        mixinStandardHelpOptions = true)
final class UsageCommand implements Callable<Integer> {
    private static final Duration USUAL = Duration.ofDays(30);

    private final InstantSource clock = InstantSource.system();

    @CommandLine.ParentCommand
    private CloisterMain main = new CloisterMain();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--project", paramLabel = "N", description = "Of one project only.")
    private @Nullable Integer project;

    @Option(
            names = "--from",
            paramLabel = "T",
            description = "First moment: 2026-11-01 or 2026-11-01T08:00:00Z, UTC (30 days before --to).")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "T", description = "First moment after it, at most 366 days later (now).")
    private @Nullable String to;

    @Override
    public Integer call() {
        Instant until = to == null ? clock.instant() : time(to);
        Instant begin = from == null ? until.minus(USUAL) : time(from);
        Map<String, @Nullable Object> args = new HashMap<>();
        args.put("project", project);
        args.put("from", begin.getEpochSecond());
        // What started within this second counts.
        args.put("until", until.plusNanos(999_999_999).getEpochSecond());
        JsonNode report = main.ask(spec, "usage", args);
        main.table(
                spec,
                report.path("usage"),
                "project",
                "lease",
                "attempt",
                "job",
                "state",
                "cpus",
                "elapsedSeconds",
                "cpuSeconds",
                "usedCpuSeconds",
                "usedMemMiBSeconds",
                "usedGpuSeconds",
                "flags");
        JsonNode differences = report.path("differences");
        if (!differences.isEmpty()) {
            main.table(spec, differences, "kind", "project", "lease", "attempt", "job", "what");
        }
        return differences.isEmpty() ? 0 : 1;
    }

    private static Instant time(String text) {
        try {
            return text.contains("T")
                    ? Instant.parse(text)
                    : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeParseException e) {
            throw new Failed("not a time: " + text + "; write 2026-11-01 or 2026-11-01T08:00:00Z");
        }
    }
}
