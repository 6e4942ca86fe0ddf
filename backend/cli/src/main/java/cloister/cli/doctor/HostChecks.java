package cloister.cli.doctor;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The VM hosts, as slurmctld knows them. */
final class HostChecks {
    private static final long EPILOG_SECONDS = 70;
    private static final long BATCH_START_SECONDS = 10;
    private static final long SHORTEST_KILL_SECONDS = 5;
    private static final long LONGEST_KILL_SECONDS = 120;
    private static final long REQUESTS_PER_SECOND = 100;
    private static final Duration CLOCK = Duration.ofSeconds(5);
    private static final int MOST_NAMED = 8;

    private HostChecks() {}

    static Verdict epilog(Facts facts) {
        return facts.controller().judged(config -> {
            List<String> epilogs = config.values().entrySet().stream()
                    .filter(each -> each.getKey().matches("Epilog(\\[\\d+])?")
                            && config.get(each.getKey()).isPresent())
                    .map(each -> "Epilog=" + each.getValue())
                    .sorted()
                    .toList();
            return epilogs.isEmpty() ? Verdict.wrong("no Epilog is set") : Verdict.ok(String.join(", ", epilogs));
        });
    }

    static Verdict epilogTime(Facts facts) {
        return facts.controller().judged(config -> {
            String name = timeout(config, "EpilogTimeout");
            return config.number(name).orElse(0) >= EPILOG_SECONDS
                    ? Verdict.ok(config.shown(name))
                    : Verdict.wrong(config.shown(name));
        });
    }

    /** Slurm 26.05 may have one limit for prologs and one for epilogs; where it has, the one for both means nothing. */
    static String timeout(Settings config, String own) {
        return config.number(own).isPresent() ? own : "PrologEpilogTimeout";
    }

    static Verdict stepTimes(Facts facts) {
        return facts.controller().judged(config -> {
            List<String> troubles = new ArrayList<>();
            if (config.number("BatchStartTimeout").orElse(0) < BATCH_START_SECONDS) {
                troubles.add(config.shown("BatchStartTimeout"));
            }
            long kill = config.number("KillWait").orElse(0);
            if (kill < SHORTEST_KILL_SECONDS || kill > LONGEST_KILL_SECONDS) {
                troubles.add(config.shown("KillWait"));
            }
            return Verdict.unless(troubles, config.shown("BatchStartTimeout") + ", " + config.shown("KillWait"));
        });
    }

    static Verdict ownCores(Facts facts) {
        return facts.controller()
                .judged(config -> facts.ourPartition().judged(partition -> {
                    String shared = partition.get("OverSubscribe").orElse("").toUpperCase(Locale.ROOT);
                    if (!shared.startsWith("FORCE")) {
                        return Verdict.ok(partition.shown("OverSubscribe"));
                    }
                    Set<String> modes = partition.words("PreemptMode");
                    boolean gang = modes.contains("gang") || modes.contains("suspend");
                    return shared.equals("FORCE:1") && !gang
                            ? Verdict.ok(partition.shown("OverSubscribe"))
                            : Verdict.wrong(partition.shown("OverSubscribe") + ", " + partition.shown("PreemptMode"));
                }));
    }

    static Verdict memory(Facts facts) {
        return facts.controller()
                .judged(config -> facts.ourPartition().judged(partition -> {
                    String own = partition.get("SelectTypeParameters").orElse("NONE");
                    String holds = own.equalsIgnoreCase("NONE")
                            ? config.get("SelectTypeParameters").orElse("")
                            : own;
                    String seen = config.shown("SelectType") + ", SelectTypeParameters=" + holds;
                    return config.is("SelectType", "select/cons_tres")
                                    && holds.toUpperCase(Locale.ROOT).contains("MEMORY")
                            ? Verdict.ok(seen)
                            : Verdict.wrong(seen);
                }));
    }

    static Verdict powerSaving(Facts facts) {
        return facts.controller().judged(config -> {
            if (config.get("SuspendProgram").isEmpty()) {
                return Verdict.ok("it is off");
            }
            return facts.partitions()
                    .judged(partitions -> facts.ourNodes().judged(nodes -> {
                        Set<String> kept;
                        try {
                            kept = HostList.expand(config.get("SuspendExcNodes").orElse(""));
                        } catch (IllegalArgumentException e) {
                            return new Verdict.Unknown("SuspendExcNodes: " + e.getMessage(), true);
                        }
                        List<String> exposed = nodes.stream()
                                .filter(node -> exposed(node, config, partitions))
                                .map(node -> node.get("NodeName").orElse("?"))
                                .filter(name -> !kept.contains(name))
                                .toList();
                        return exposed.isEmpty()
                                ? Verdict.ok("our hosts are excluded")
                                : Verdict.wrong("these would be powered down: " + some(exposed));
                    }));
        });
    }

    /** Whether one of a node's partitions lets it be powered down. */
    private static boolean exposed(Settings node, Settings config, List<Settings> partitions) {
        List<String> of = node.parts("Partitions");
        List<String> excluded = config.parts("SuspendExcParts");
        if (of.stream().anyMatch(excluded::contains)) {
            return false;
        }
        boolean everywhere = config.number("SuspendTime").isPresent();
        return partitions.stream()
                .filter(partition -> of.contains(partition.get("PartitionName").orElse("")))
                .anyMatch(partition -> {
                    String own = partition.get("SuspendTime").orElse("GLOBAL");
                    return partition.number("SuspendTime").isPresent()
                            || partition.is("PowerDownOnIdle", "YES")
                            || (everywhere && own.equalsIgnoreCase("GLOBAL"));
                });
    }

    static Verdict names(Facts facts) {
        return facts.resolved().judged(resolved -> {
            List<String> lost = new ArrayList<>();
            List<String> unseen = new ArrayList<>();
            resolved.forEach((name, known) -> {
                switch (known) {
                    case Known.Seen<Boolean>(Boolean found) -> {
                        if (!found) {
                            lost.add(name);
                        }
                    }
                    case Known.Unseen<Boolean>(String why) -> unseen.add(why);
                }
            });
            if (!lost.isEmpty()) {
                return Verdict.wrong("no address for " + some(lost));
            }
            return unseen.isEmpty()
                    ? Verdict.ok(resolved.size() + " addresses")
                    : new Verdict.Unknown(some(unseen), true);
        });
    }

    static Verdict controllerClock(Facts facts) {
        return facts.controllerTime().judged(time -> {
            Duration off = Duration.between(facts.now(), time).abs();
            String seen = "they differ by " + off.toSeconds() + " s";
            return off.compareTo(CLOCK) > 0 ? Verdict.wrong(seen) : Verdict.ok(seen);
        });
    }

    static Verdict hostClocks(Facts facts) {
        return facts.ourNodes().judged(nodes -> {
            List<String> ahead = nodes.stream()
                    .filter(node -> startedAfter(node, facts.now().plus(CLOCK)))
                    .map(node -> node.get("NodeName").orElse("?") + " (" + node.shown("SlurmdStartTime") + ")")
                    .toList();
            return ahead.isEmpty()
                    ? Verdict.notFromHere(
                            "a host's clock can't be read from here; munge refuses one that is minutes off")
                    : Verdict.wrong(some(ahead));
        });
    }

    private static boolean startedAfter(Settings node, Instant limit) {
        try {
            return LocalDateTime.parse(node.get("SlurmdStartTime").orElse("None"))
                    .toInstant(ZoneOffset.UTC)
                    .isAfter(limit);
        } catch (DateTimeParseException e) {
            // A node that never registered says None.
            return false;
        }
    }

    static Verdict requestRate(Facts facts) {
        return facts.controller().judged(config -> {
            Set<String> parameters = config.words("SlurmctldParameters");
            if (!parameters.contains("rl_enable")) {
                return Verdict.ok("no rl_enable");
            }
            long rate = parameters.stream()
                    .filter(parameter -> parameter.matches("rl_refill_rate=\\d{1,9}"))
                    .mapToLong(parameter -> Long.parseLong(parameter.substring(parameter.indexOf('=') + 1)))
                    .findFirst()
                    .orElse(2);
            return rate >= REQUESTS_PER_SECOND
                    ? Verdict.ok("rl_refill_rate=" + rate)
                    : Verdict.wrong("rl_enable with rl_refill_rate=" + rate);
        });
    }

    private static String some(List<String> names) {
        String shown = String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMED)));
        return names.size() > MOST_NAMED ? shown + " and " + (names.size() - MOST_NAMED) + " more" : shown;
    }
}
