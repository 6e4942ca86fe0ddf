package cloister.cli.doctor;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Releases of Slurm. */
final class VersionChecks {
    /** Those against which Cloister is tested. */
    private static final Set<String> SUPPORTED = Set.of("24.11", "26.05");

    private VersionChecks() {}

    static Verdict supported(Facts facts) {
        return daemons(facts)
                .judged(daemons -> facts.ourNodes().judged(nodes -> {
                    Map<String, String> all = new LinkedHashMap<>(daemons);
                    nodes.forEach(node -> node.get("Version")
                            .ifPresent(version ->
                                    all.put("slurmd on " + node.get("NodeName").orElse("?"), version)));
                    List<String> troubles = new ArrayList<>();
                    all.forEach((what, version) -> {
                        if (Gather.line(version).filter(SUPPORTED::contains).isEmpty()) {
                            troubles.add(what + " is " + version);
                        }
                    });
                    return Verdict.unless(troubles, String.join(", ", new TreeSet<>(all.values())));
                }));
    }

    static Verdict equal(Facts facts) {
        return daemons(facts).judged(daemons -> {
            Set<Optional<String>> lines = new HashSet<>();
            daemons.values().forEach(version -> lines.add(Gather.line(version)));
            String shown = daemons.toString().replaceAll("[{}]", "").replace('=', ' ');
            return lines.size() == 1 ? Verdict.ok(shown) : Verdict.wrong(shown);
        });
    }

    static Verdict running(Facts facts) {
        return daemons(facts).judged(daemons -> {
            List<String> troubles = new ArrayList<>();
            List<String> elsewhere = new ArrayList<>();
            for (String daemon : List.of("slurmctld", "slurmdbd")) {
                String runs = daemons.getOrDefault(daemon, "?");
                switch (installed(facts, daemon)) {
                    case Known.Seen<String>(String there) -> {
                        if (!there.equals(runs)) {
                            troubles.add(daemon + " " + runs + " runs, " + there + " is installed");
                        }
                    }
                    case Known.Unseen<String> _ -> elsewhere.add(daemon);
                }
            }
            if (troubles.isEmpty() && !elsewhere.isEmpty()) {
                return Verdict.notFromHere(String.join(" and ", elsewhere) + " is not installed on this machine");
            }
            return Verdict.unless(troubles, "no restart is due");
        });
    }

    /** slurmctld and slurmdbd as they run; slurmrestd, which can't be asked without a token, as it is installed. */
    private static Known<Map<String, String>> daemons(Facts facts) {
        return facts.controller()
                .then(controller -> facts.accounting()
                        .then(accounting -> installed(facts, "slurmrestd").map(slurmrestd -> {
                            Map<String, String> daemons = new LinkedHashMap<>();
                            daemons.put(
                                    "slurmctld", controller.get("SLURM_VERSION").orElse("?"));
                            daemons.put(
                                    "slurmdbd",
                                    accounting.get("SLURMDBD_VERSION").orElse("?"));
                            daemons.put("slurmrestd", slurmrestd);
                            return daemons;
                        })));
    }

    /** The number alone: {@code slurm-wlm 24.11.5} is 24.11.5. */
    private static Known<String> installed(Facts facts, String program) {
        return facts.installed()
                .getOrDefault(program, Known.unseen(program + " was not looked for"))
                .map(version -> version.substring(version.lastIndexOf(' ') + 1));
    }
}
