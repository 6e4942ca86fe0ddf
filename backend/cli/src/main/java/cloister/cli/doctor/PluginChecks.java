package cloister.cli.doctor;

import cloister.cli.doctor.Disk.Entry;
import cloister.cli.doctor.Facts.Plugin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Our Lua in slurmctld. */
final class PluginChecks {
    /** A site may have its own, which then call ours. */
    private static final Set<String> ENTRIES = Set.of("job_submit.lua", "burst_buffer.lua", "jobcomp.lua");

    /** Notes usage, which a site may do without. */
    private static final Set<String> OPTIONAL = Set.of("jobcomp.lua");

    private static final String OURS = "cloister_";
    private static final int OTHERS_WRITE = 0022;

    private PluginChecks() {}

    static Verdict jobSubmit(Facts facts) {
        return facts.controller()
                .judged(config -> config.words("JobSubmitPlugins").contains("lua")
                        ? Verdict.ok(config.shown("JobSubmitPlugins"))
                        : Verdict.wrong(config.shown("JobSubmitPlugins")));
    }

    static Verdict gate(Facts facts) {
        return facts.controller()
                .judged(config -> facts.site().judged(site -> {
                    if (!site.gateInProlog()) {
                        return config.is("BurstBufferType", "burst_buffer/lua")
                                ? Verdict.ok(config.shown("BurstBufferType"))
                                : Verdict.wrong(config.shown("BurstBufferType"));
                    }
                    List<String> missing = Stream.of("PrologSlurmctld", "EpilogSlurmctld")
                            .filter(name -> config.get(name + "[0]").isEmpty())
                            .map(name -> "gate_driver is prolog and " + name + " is not set")
                            .toList();
                    return Verdict.unless(missing, config.shown("PrologSlurmctld[0]"));
                }));
    }

    static Verdict files(Facts facts) {
        List<String> troubles = new ArrayList<>();
        List<String> unseen = new ArrayList<>();
        int[] same = {0};
        new TreeMap<>(facts.plugins()).forEach((name, plugin) -> {
            switch (plugin.text()) {
                case Known.Unseen<Optional<String>>(String why) -> unseen.add(why);
                case Known.Seen<Optional<String>>(Optional<String> text) -> {
                    boolean needed = !OPTIONAL.contains(name);
                    if (text.isEmpty() && needed) {
                        troubles.add(name + " is missing");
                    } else if (text.isPresent() && !fits(name, text.get(), plugin.shipped())) {
                        troubles.add(name + " is not that of this version");
                    } else if (text.isPresent()) {
                        same[0]++;
                    }
                }
            }
        });
        if (troubles.isEmpty() && !unseen.isEmpty()) {
            return new Verdict.Unknown(String.join("; ", unseen), true);
        }
        return Verdict.unless(troubles, same[0] + " files of this version in " + facts.folder());
    }

    private static boolean fits(String name, String text, String shipped) {
        return text.equals(shipped) || (ENTRIES.contains(name) && code(text).contains(OURS));
    }

    private static String code(String lua) {
        return lua.replaceAll("(?s)--\\[\\[.*?]]", "").replaceAll("--[^\\n]*", "");
    }

    static Verdict rights(Facts facts) {
        return facts.user(Facts.SLURM_USER).judged(slurm -> {
            Map<String, Known<Optional<Entry>>> entries = new TreeMap<>();
            facts.plugins().forEach((name, plugin) -> entries.put(name, plugin.entry()));
            entries.put("cloister.lua", facts.siteEntry());
            List<String> troubles = new ArrayList<>();
            List<String> unseen = new ArrayList<>();
            entries.forEach((name, known) -> {
                switch (known) {
                    case Known.Seen<Optional<Entry>>(Optional<Entry> entry) ->
                        entry.filter(file -> (file.mode() & OTHERS_WRITE) != 0
                                        || (file.uid() != 0 && file.uid() != slurm.uid()))
                                .ifPresent(file ->
                                        troubles.add(name + " is uid " + file.uid() + "'s with mode " + file.rights()));
                    case Known.Unseen<Optional<Entry>>(String why) -> unseen.add(why);
                }
            });
            if (troubles.isEmpty() && !unseen.isEmpty()) {
                return new Verdict.Unknown(String.join("; ", unseen), true);
            }
            return Verdict.unless(troubles, "root or SlurmUser alone may write them");
        });
    }

    static Verdict syntax(Facts facts) {
        List<String> troubles = new ArrayList<>();
        List<String> unchecked = new ArrayList<>();
        for (Map.Entry<String, Plugin> each : new TreeMap<>(facts.plugins()).entrySet()) {
            Plugin plugin = each.getValue();
            boolean there = plugin.text() instanceof Known.Seen<Optional<String>>(Optional<String> text)
                    && text.isPresent()
                    // What is as it was shipped was tested with Lua 5.1 to 5.4 before.
                    && !text.get().equals(plugin.shipped());
            if (there) {
                switch (plugin.parses()) {
                    case Known.Seen<Optional<String>>(Optional<String> fault) -> fault.ifPresent(troubles::add);
                    case Known.Unseen<Optional<String>> _ -> unchecked.add(each.getKey());
                }
            }
        }
        if (troubles.isEmpty() && !unchecked.isEmpty()) {
            return Verdict.notFromHere("there is no luac here to check " + String.join(", ", unchecked));
        }
        return Verdict.unless(troubles, "they parse");
    }

    static Verdict siteFile(Facts facts) {
        return switch (facts.site()) {
            case Known.Unseen<SiteFile>(String why) -> Verdict.wrong(why);
            case Known.Seen<SiteFile>(SiteFile site) -> {
                List<String> troubles = new ArrayList<>();
                if (site.backendUids().isEmpty()) {
                    troubles.add("it names no backend_uids");
                }
                if (site.gate().isEmpty()) {
                    troubles.add("it names no gate");
                }
                if (facts.backend() instanceof Known.Seen<BackendFile>(BackendFile backend)
                        && site.partitions()
                                .filter(named -> !named.contains(backend.partition()))
                                .isPresent()) {
                    troubles.add("it names partitions, and not the backend's " + backend.partition());
                }
                yield Verdict.unless(troubles, "backend_uids " + site.backendUids());
            }
        };
    }

    static Verdict refused(Facts facts) {
        return facts.probe().judged(output -> {
            String said = output.err() + output.out();
            String first = said.lines()
                    .filter(line -> !line.isBlank())
                    .findFirst()
                    .orElse("exit code " + output.code())
                    .replaceFirst("^sbatch: (?:error: )?", "");
            if (output.code() != 0 && said.contains("cloister: only the Cloister backend may submit")) {
                return Verdict.ok("root is refused in our words");
            }
            if (said.contains("Unable to contact slurm controller")) {
                return new Verdict.Unknown(first, true);
            }
            return Verdict.wrong("a test submit of root is answered: " + first);
        });
    }
}
