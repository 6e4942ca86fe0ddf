package cloister.cli.doctor;

import cloister.cli.doctor.Disk.Entry;
import cloister.cli.doctor.Facts.Account;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The gate: a folder that slurmctld and the backend share. */
final class GateChecks {
    /** The gate takes a backend that was not heard for this long for dead. */
    private static final Duration SILENT = Duration.ofSeconds(30);

    private static final int OTHERS_WRITE = 0022;

    private GateChecks() {}

    static Verdict time(Facts facts) {
        return facts.site().judged(site -> {
            Known<Settings> from = site.gateInProlog() ? facts.controller() : facts.burstBuffer();
            return from.judged(settings -> {
                String name = site.gateInProlog() ? HostChecks.timeout(settings, "PrologTimeout") : "OtherTimeout";
                long limit = settings.number(name).orElse(0);
                String seen = name + " " + limit + " s, gate_limit_seconds " + site.gateLimitSeconds();
                return limit >= site.gateLimitSeconds() ? Verdict.ok(seen) : Verdict.wrong(seen);
            });
        });
    }

    static Verdict path(Facts facts) {
        return facts.gate()
                .path()
                .judged(gate -> facts.backend().judged(backend -> {
                    boolean same = Path.of(gate)
                            .normalize()
                            .equals(Path.of(backend.gateFolder()).normalize());
                    return same
                            ? Verdict.ok(gate)
                            : Verdict.wrong("cloister.lua says " + gate + ", the backend " + backend.gateFolder());
                }));
    }

    static Verdict rights(Facts facts) {
        return facts.user(Facts.SLURM_USER)
                .judged(slurm -> facts.user(Facts.BACKEND_USER)
                        .judged(backend -> facts.gate()
                                .folder()
                                .judged(folder -> facts.gate()
                                        .asked()
                                        .judged(asked -> facts.gate().answers().judged(answers -> {
                                            List<String> troubles = new ArrayList<>();
                                            troubles.addAll(troubles(
                                                    "the gate folder", folder, new Account("root", 0, Set.of())));
                                            troubles.addAll(troubles("asked/", asked, slurm));
                                            troubles.addAll(troubles("answers/", answers, backend));
                                            asked.filter(entry -> !reads(entry, backend))
                                                    .ifPresent(
                                                            _ -> troubles.add(backend.name() + " can't read asked/"));
                                            answers.filter(entry -> !reads(entry, slurm))
                                                    .ifPresent(
                                                            _ -> troubles.add(slurm.name() + " can't read answers/"));
                                            return Verdict.unless(
                                                    troubles, "root, " + slurm.name() + " and " + backend.name());
                                        })))));
    }

    private static List<String> troubles(String what, Optional<Entry> entry, Account owner) {
        if (entry.isEmpty() || !entry.get().folder()) {
            return List.of(what + " is not there");
        }
        List<String> troubles = new ArrayList<>();
        if (entry.get().uid() != owner.uid()) {
            troubles.add(what + " is uid " + entry.get().uid() + "'s, not " + owner.name() + "'s");
        }
        if ((entry.get().mode() & OTHERS_WRITE) != 0) {
            troubles.add("others may write " + what + " (" + entry.get().rights() + ")");
        }
        return troubles;
    }

    private static boolean reads(Entry folder, Account user) {
        int shift = folder.uid() == user.uid() ? 6 : user.groups().contains(folder.gid()) ? 3 : 0;
        return ((folder.mode() >> shift) & 05) == 05;
    }

    static Verdict heartbeat(Facts facts) {
        return facts.gate().heartbeat().judged(text -> {
            String beat = text.orElse("").strip();
            if (!beat.matches("\\d{1,12}")) {
                return Verdict.wrong("there is no heartbeat");
            }
            Duration age = Duration.between(Instant.ofEpochSecond(Long.parseLong(beat)), facts.now());
            String seen = age.isNegative()
                    ? "it is " + age.negated().toSeconds() + " s in the future"
                    : "it is " + age.toSeconds() + " s old";
            return age.abs().compareTo(SILENT) > 0 ? Verdict.wrong(seen) : Verdict.ok(seen);
        });
    }

    static Verdict controllers(Facts facts) {
        return facts.controller()
                .judged(config -> config.get("SlurmctldHost[1]").isPresent()
                        ? Verdict.notFromHere("there is a backup controller, " + config.shown("SlurmctldHost[1]")
                                + ": run this command there")
                        : Verdict.ok("there is one controller"));
    }
}
