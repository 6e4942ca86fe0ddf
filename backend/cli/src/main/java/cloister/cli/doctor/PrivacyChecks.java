package cloister.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What users of this Slurm may see of each other. */
final class PrivacyChecks {
    static final List<String> HIDDEN = List.of("jobs", "usage", "users", "accounts");

    private PrivacyChecks() {}

    static Verdict controller(Facts facts) {
        return facts.controller().judged(config -> hides(config.words("PrivateData")));
    }

    /**
     * The file counts where it is here. Since 26.05 sacctmgr shows slurm.conf's PrivateData as if it were slurmdbd's (seen with
     * 26.05.5), so without the file only an older slurmdbd can be believed.
     */
    static Verdict slurmdbd(Facts facts) {
        return facts.storedPrivacy()
                .judged(file -> facts.accounting().judged(accounting -> {
                    boolean told = Gather.line(
                                    accounting.get("SLURMDBD_VERSION").orElse(""))
                            .filter("24.11"::equals)
                            .isPresent();
                    if (file.isEmpty()) {
                        return told
                                ? hides(accounting.words("PrivateData"))
                                : Verdict.notFromHere("slurmdbd.conf is not on this machine: look on slurmdbd's");
                    }
                    Verdict stored = hides(file.get());
                    return told && stored instanceof Verdict.Ok ? hides(accounting.words("PrivateData")) : stored;
                }));
    }

    private static Verdict hides(Set<String> hidden) {
        List<String> missing =
                HIDDEN.stream().filter(word -> !hidden.contains(word)).toList();
        return missing.isEmpty()
                ? Verdict.ok("PrivateData=" + String.join(",", new TreeSet<>(hidden)))
                : Verdict.wrong("PrivateData does not have " + String.join(", ", missing));
    }

    static Verdict tokens(Facts facts) {
        return facts.controller().judged(config -> {
            List<String> troubles = new ArrayList<>();
            if (!config.words("AuthAltTypes").contains("auth/jwt")) {
                troubles.add(config.shown("AuthAltTypes"));
            }
            if (!config.words("AuthAltParameters").contains("disable_token_creation")) {
                troubles.add("AuthAltParameters has no disable_token_creation");
            }
            return Verdict.unless(troubles, "AuthAltParameters has disable_token_creation");
        });
    }

    static Verdict scripts(Facts facts) {
        return facts.controller().judged(config -> {
            Set<String> flags = config.words("AccountingStoreFlags");
            return flags.contains("job_script") || flags.contains("job_env")
                    ? Verdict.wrong(config.shown("AccountingStoreFlags"))
                    : Verdict.ok(config.shown("AccountingStoreFlags"));
        });
    }
}
