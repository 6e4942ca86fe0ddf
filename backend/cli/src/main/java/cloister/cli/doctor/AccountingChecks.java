package cloister.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Records and limits. */
final class AccountingChecks {
    static final List<String> ENFORCED = List.of("associations", "limits", "wckeys");
    static final long MOST_JOBS = 10_000;
    static final long JOB_AGE_SECONDS = 300;
    /** A month of a ledger, and some days to compare it in. */
    private static final long PURGE_DAYS = 35;

    private static final Pattern PURGE = Pattern.compile("^(\\d{1,9})\\s*(hour|day|month)s?\\b.*$");

    private AccountingChecks() {}

    static Verdict on(Facts facts) {
        return facts.controller()
                .judged(config -> config.is("AccountingStorageType", "accounting_storage/slurmdbd")
                        ? facts.accounting().judged(_ -> Verdict.ok(config.shown("AccountingStorageHost")))
                        : Verdict.wrong(config.shown("AccountingStorageType")));
    }

    static Verdict enforced(Facts facts) {
        return facts.controller().judged(config -> {
            Set<String> enforced = config.words("AccountingStorageEnforce");
            List<String> missing = enforced.contains("all")
                    ? List.of()
                    : ENFORCED.stream().filter(word -> !enforced.contains(word)).toList();
            return missing.isEmpty()
                    ? Verdict.ok(config.shown("AccountingStorageEnforce"))
                    : Verdict.wrong("AccountingStorageEnforce does not have " + String.join(", ", missing));
        });
    }

    static Verdict comment(Facts facts) {
        return facts.controller()
                .judged(config -> config.words("AccountingStoreFlags").contains("job_comment")
                        ? Verdict.ok("AccountingStoreFlags has job_comment")
                        : Verdict.wrong(config.shown("AccountingStoreFlags")));
    }

    static Verdict figures(Facts facts) {
        return facts.controller().judged(config -> {
            String seen = config.shown("AccountingStoreFlags") + ", " + config.shown("JobCompType");
            boolean kept = config.words("AccountingStoreFlags").contains("job_extra")
                    || config.is("JobCompType", "jobcomp/lua");
            return kept ? Verdict.ok(seen) : Verdict.wrong(seen);
        });
    }

    static Verdict wckeys(Facts facts) {
        return facts.controller().judged(config -> must(config, "TrackWCKey", "yes"));
    }

    static Verdict wckeysDbd(Facts facts) {
        return facts.accounting().judged(config -> must(config, "TrackWCKey", "yes"));
    }

    static Verdict partLimits(Facts facts) {
        return facts.controller().judged(config -> must(config, "EnforcePartLimits", "ALL"));
    }

    private static Verdict must(Settings config, String name, String value) {
        return config.is(name, value) ? Verdict.ok(config.shown(name)) : Verdict.wrong(config.shown(name));
    }

    static Verdict jobCount(Facts facts) {
        return facts.controller().judged(config -> atLeast(config, "MaxJobCount", MOST_JOBS));
    }

    static Verdict jobAge(Facts facts) {
        return facts.controller().judged(config -> atLeast(config, "MinJobAge", JOB_AGE_SECONDS));
    }

    private static Verdict atLeast(Settings config, String name, long least) {
        OptionalLong number = config.number(name);
        return number.isPresent() && number.getAsLong() >= least
                ? Verdict.ok(config.shown(name))
                : Verdict.wrong(config.shown(name));
    }

    static Verdict purge(Facts facts) {
        return facts.accounting().judged(config -> {
            List<String> troubles = new ArrayList<>();
            for (String name : List.of("PurgeJobAfter", "PurgeUsageAfter")) {
                if (!longEnough(config.get(name).orElse("NONE"))) {
                    troubles.add(config.shown(name));
                }
            }
            return Verdict.unless(
                    troubles,
                    "jobs " + config.get("PurgeJobAfter").orElse("NONE") + ", usage "
                            + config.get("PurgeUsageAfter").orElse("NONE"));
        });
    }

    /** As sacctmgr prints it: {@code NONE}, {@code 840 hours}, {@code 35 days}, {@code 2 months}. */
    private static boolean longEnough(String after) {
        if (after.equalsIgnoreCase("NONE")) {
            return true;
        }
        Matcher match = PURGE.matcher(after);
        if (!match.matches()) {
            return false;
        }
        long number = Long.parseLong(match.group(1));
        return switch (match.group(2)) {
            case "hour" -> number >= PURGE_DAYS * 24;
            case "day" -> number >= PURGE_DAYS;
            // slurmdbd counts calendar months: one of them may have 28 days.
            default -> number >= 2;
        };
    }
}
