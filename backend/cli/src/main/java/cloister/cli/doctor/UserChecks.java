package cloister.cli.doctor;

import java.util.ArrayList;
import java.util.List;

/** Whose placeholders they are, and who else may touch them. */
final class UserChecks {
    private UserChecks() {}

    static Verdict backendUid(Facts facts) {
        return facts.site()
                .judged(site -> facts.user(Facts.BACKEND_USER).judged(user -> {
                    String seen = "backend_uids " + site.backendUids() + ", " + user.name() + " is " + user.uid();
                    return site.backendUids().equals(List.of(user.uid())) ? Verdict.ok(seen) : Verdict.wrong(seen);
                }));
    }

    static Verdict backendUser(Facts facts) {
        return facts.user(Facts.BACKEND_USER)
                .judged(user -> facts.user(Facts.SLURM_USER)
                        .judged(slurm -> user.uid() == 0 || user.uid() == slurm.uid()
                                ? Verdict.wrong("the backend's user " + user.name() + " is "
                                        + (user.uid() == 0 ? "root" : "SlurmUser"))
                                : Verdict.ok(user.name())));
    }

    /** As sacctmgr prints it: {@code None}, {@code Operator}, {@code Administrator}; nothing for a user that it does not know. */
    static Verdict backendLevel(Facts facts) {
        return facts.level().judged(level -> switch (level) {
            case "Operator", "Administrator" -> Verdict.ok("AdminLevel=" + level);
            case "" -> Verdict.wrong("the accounting does not know the backend's user");
            default -> Verdict.wrong("AdminLevel=" + level);
        });
    }

    static Verdict adminUids(Facts facts) {
        return facts.site()
                .judged(site -> facts.user(Facts.SLURM_USER).judged(slurm -> {
                    List<String> missing = new ArrayList<>();
                    if (!site.adminUids().contains(0L)) {
                        missing.add("root (0) is not in admin_uids");
                    }
                    if (!site.adminUids().contains(slurm.uid())) {
                        missing.add("SlurmUser " + slurm.name() + " (" + slurm.uid() + ") is not in admin_uids");
                    }
                    return Verdict.unless(missing, "admin_uids " + site.adminUids());
                }));
    }
}
