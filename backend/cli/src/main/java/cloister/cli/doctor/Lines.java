package cloister.cli.doctor;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The lines of an administrator's files as they should be, with what the site already has in its lists. */
final class Lines {
    private static final String GATE = "/var/spool/cloister/gate";
    private static final long EPILOG_SECONDS = 90;

    private Lines() {}

    /** Everything, with a comment before each file's part. */
    static String of(Facts facts) {
        Settings now = facts.controller() instanceof Known.Seen<Settings>(Settings seen) ? seen : ofNothing();
        List<String> out = new ArrayList<>();
        if (facts.controller() instanceof Known.Unseen<Settings>(String why)) {
            out.add("# slurmctld does not answer (" + why + "): a list below does not have what this site has in it.");
        }
        out.add(
                "# slurm.conf. Restart slurmctld after a change of a plugin, a type or TrackWCKey, else scontrol reconfigure.");
        boolean prolog = facts.site() instanceof Known.Seen<SiteFile>(SiteFile site) && site.gateInProlog();
        out.addAll(gate(now, prolog));
        out.addAll(controller(now));
        long before = prolog ? gateLimit(facts) : EPILOG_SECONDS;
        out.addAll(timeouts(now, Math.max(before, EPILOG_SECONDS), before));
        if (now.get("SuspendProgram").isPresent()) {
            out.add(with(now, "SuspendExcParts", List.of(partition(facts)), List.of()));
        }
        out.add("# slurm.conf, in the line of our partition:");
        out.add("#   PartitionName=" + partition(facts) + " ... OverSubscribe=NO");
        out.add("# slurmdbd.conf. Restart slurmdbd after a change.");
        out.add("TrackWCKey=yes");
        out.add("PrivateData=" + String.join(",", PrivacyChecks.HIDDEN));
        if (!prolog) {
            out.add("# burst_buffer.conf, then scontrol reconfigure.");
            out.add("Directive=BB_LUA");
            out.add("OtherTimeout=" + gateLimit(facts));
            out.add("StageInTimeout=3600");
        }
        out.add("# cloister.lua, then scontrol reconfigure.");
        out.addAll(site(facts));
        return String.join("\n", out) + "\n";
    }

    private static Settings ofNothing() {
        return Settings.ofLines("");
    }

    private static List<String> gate(Settings now, boolean prolog) {
        return prolog
                ? List.of(
                        "PrologSlurmctld=" + now.get("PrologSlurmctld[0]").orElse("/etc/slurm/prolog-slurmctld"),
                        "EpilogSlurmctld=" + now.get("EpilogSlurmctld[0]").orElse("/etc/slurm/epilog-slurmctld"))
                : List.of("BurstBufferType=burst_buffer/lua");
    }

    /** One limit for both unless the site has one for each. */
    private static List<String> timeouts(Settings now, long prologAndEpilog, long prolog) {
        boolean apart = now.number("PrologTimeout").isPresent()
                || now.number("EpilogTimeout").isPresent();
        return apart
                ? List.of(
                        "PrologTimeout=" + atLeast(now, "PrologTimeout", prolog),
                        "EpilogTimeout=" + atLeast(now, "EpilogTimeout", EPILOG_SECONDS))
                : List.of("PrologEpilogTimeout=" + atLeast(now, "PrologEpilogTimeout", prologAndEpilog));
    }

    private static List<String> controller(Settings now) {
        return List.of(
                with(now, "JobSubmitPlugins", List.of("lua"), List.of()),
                with(now, "AuthAltTypes", List.of("auth/jwt"), List.of()),
                with(now, "AuthAltParameters", List.of("disable_token_creation"), List.of()),
                "TrackWCKey=yes",
                "MaxJobCount=" + atLeast(now, "MaxJobCount", AccountingChecks.MOST_JOBS),
                "SelectType=select/cons_tres",
                "SelectTypeParameters="
                        + now.get("SelectTypeParameters")
                                .filter(has -> has.toUpperCase(Locale.ROOT).contains("MEMORY"))
                                .orElse("CR_Core_Memory"),
                "AccountingStorageType=accounting_storage/slurmdbd",
                with(now, "AccountingStorageEnforce", AccountingChecks.ENFORCED, List.of()),
                with(
                        now,
                        "AccountingStoreFlags",
                        List.of("job_comment", "job_extra"),
                        List.of("job_script", "job_env")),
                with(now, "PrivateData", PrivacyChecks.HIDDEN, List.of()),
                "EnforcePartLimits=ALL",
                "MinJobAge=" + atLeast(now, "MinJobAge", AccountingChecks.JOB_AGE_SECONDS),
                "Epilog=" + now.get("Epilog[0]").orElse("/etc/slurm/epilog"),
                "BatchStartTimeout=" + atLeast(now, "BatchStartTimeout", 10),
                "KillWait=" + Math.clamp(now.number("KillWait").orElse(30), 5, 120));
    }

    /** A list with what the site has, without what may not be there, and with what must be. */
    private static String with(Settings now, String name, List<String> needed, List<String> never) {
        Set<String> parts = new LinkedHashSet<>();
        Set<String> words = now.words(name);
        now.parts(name).stream()
                .filter(part -> !never.contains(part.toLowerCase(Locale.ROOT)))
                .forEach(parts::add);
        needed.stream().filter(word -> !words.contains(word)).forEach(parts::add);
        return name + "=" + String.join(",", parts);
    }

    private static long atLeast(Settings now, String name, long least) {
        return Math.max(now.number(name).orElse(least), least);
    }

    private static String partition(Facts facts) {
        return facts.backend() instanceof Known.Seen<BackendFile>(BackendFile backend) ? backend.partition() : "NAME";
    }

    private static long gateLimit(Facts facts) {
        long limit = facts.site() instanceof Known.Seen<SiteFile>(SiteFile site) ? site.gateLimitSeconds() : 900;
        long now = facts.burstBuffer() instanceof Known.Seen<Settings>(Settings buffer)
                ? buffer.number("OtherTimeout").orElse(0)
                : 0;
        return Math.max(limit, now);
    }

    private static List<String> site(Facts facts) {
        String uid = facts.user(Facts.BACKEND_USER) instanceof Known.Seen<Facts.Account>(Facts.Account user)
                ? Long.toString(user.uid())
                : "UID";
        Set<String> admins = new LinkedHashSet<>(List.of("0"));
        Optional<SiteFile> site =
                facts.site() instanceof Known.Seen<SiteFile>(SiteFile seen) ? Optional.of(seen) : Optional.empty();
        site.ifPresent(file -> file.adminUids().forEach(admin -> admins.add(Long.toString(admin))));
        if (facts.user(Facts.SLURM_USER) instanceof Known.Seen<Facts.Account>(Facts.Account slurm)) {
            admins.add(Long.toString(slurm.uid()));
        }
        String gate = facts.backend() instanceof Known.Seen<BackendFile>(BackendFile backend)
                ? backend.gateFolder()
                : site.flatMap(SiteFile::gate).orElse(GATE);
        List<String> lines = new ArrayList<>();
        lines.add("return {");
        lines.add("   backend_uids = { " + uid + " },");
        lines.add("   admin_uids = { " + String.join(", ", admins) + " },");
        lines.add("   gate = \"" + gate + "\",");
        site.ifPresent(file -> {
            lines.add("   gate_limit_seconds = " + file.gateLimitSeconds() + ",");
            // What else the site says there stays as it is.
            file.values().keySet().stream()
                    .filter(name -> !name.startsWith("gate") || name.equals("gate_driver"))
                    .sorted()
                    .forEach(name ->
                            lines.add("   " + name + " = " + lua(file.values().getOrDefault(name, "")) + ","));
            file.lists().keySet().stream()
                    .filter(name -> !name.endsWith("_uids"))
                    .sorted()
                    .forEach(name -> lines.add("   " + name + " = { "
                            + String.join(
                                    ", ",
                                    file.lists().getOrDefault(name, List.of()).stream()
                                            .map(Lines::lua)
                                            .toList())
                            + " },"));
        });
        lines.add("}");
        return lines;
    }

    private static String lua(String value) {
        return value.matches("\\d+") ? value : "\"" + value + "\"";
    }
}
