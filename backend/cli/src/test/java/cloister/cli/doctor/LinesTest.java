package cloister.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lines for an administrator. */
class LinesTest {
    private static String part(String lines, String from, String to) {
        int begin = lines.indexOf(from);
        int end = lines.indexOf(to);
        assertThat(begin).as(from).isNotNegative();
        return lines.substring(begin, end < 0 ? lines.length() : end);
    }

    @ParameterizedTest
    @ValueSource(strings = {"24.11", "26.05"})
    void the_lines_heal_a_site_in_which_everything_is_wrong(String version) {
        RecordedSite site = new RecordedSite(version);
        for (String name : List.of(
                "JobSubmitPlugins",
                "BurstBufferType",
                "AuthAltTypes",
                "AccountingStorageType",
                "AccountingStoreFlags",
                "PrivateData",
                "SelectTypeParameters",
                "SelectType",
                "Epilog[0]",
                "AccountingStorageEnforce")) {
            site.set(name, "(null)");
        }
        site.set("AuthAltParameters", "jwt_key=/etc/slurm/jwt_hs256.key");
        site.set("AccountingStoreFlags", "job_extra,job_script");
        for (String name : List.of(
                "TrackWCKey",
                "EnforcePartLimits",
                "MaxJobCount",
                "MinJobAge",
                "PrologEpilogTimeout",
                "BatchStartTimeout",
                "KillWait")) {
            site.set(name, "1");
        }
        site.set("SuspendProgram", "/usr/sbin/poweroff");
        site.set("SuspendTime", "600 sec");
        site.change(RecordedSite.BURST_BUFFER, "OtherTimeout=600", "OtherTimeout=30");
        site.change(Path.of(RecordedSite.SITE), "\\{ 5000 }", "{ 1 }");
        site.change(Path.of(RecordedSite.SITE), "0, 64030", "7");
        long before = wrong(site);
        assertThat(before).isGreaterThan(15);

        String lines = Lines.of(site.gather().facts());
        part(lines, "# slurm.conf", "# slurmdbd.conf")
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> {
                    String name = line.substring(0, line.indexOf('='));
                    site.set(name.equals("Epilog") ? "Epilog[0]" : name, line.substring(line.indexOf('=') + 1));
                });
        site.file(RecordedSite.SITE, part(lines, "return {", "\0"), 0, 0644);
        site.change(
                RecordedSite.BURST_BUFFER,
                "OtherTimeout=30",
                part(lines, "OtherTimeout=", "StageInTimeout").strip());

        assertThat(wrong(site)).isZero();
        assertThat(lines)
                .contains("AuthAltParameters=jwt_key=/etc/slurm/jwt_hs256.key,disable_token_creation\n")
                .contains("AccountingStoreFlags=job_extra,job_comment\n")
                .contains("SuspendExcParts=batch\n")
                .contains("admin_uids = { 0, 7, 64030 },")
                .contains("PartitionName=batch ... OverSubscribe=NO");
    }

    private static long wrong(RecordedSite site) {
        return site.findings().stream()
                .filter(finding -> finding.verdict() instanceof Verdict.Wrong)
                .count();
    }

    @Test
    void a_site_that_is_well_keeps_what_it_has() {
        RecordedSite site = new RecordedSite("24.11");
        site.set("JobSubmitPlugins", "require_timelimit,lua");
        site.set("MaxJobCount", "50000");
        String lines = Lines.of(site.gather().facts());
        assertThat(lines)
                .contains("JobSubmitPlugins=require_timelimit,lua\n")
                .contains("MaxJobCount=50000\n")
                .contains("AccountingStorageEnforce=associations,limits,qos,safe,wckeys\n")
                .contains("Epilog=/etc/slurm/epilog\n")
                .contains("OtherTimeout=600\n")
                .contains("gate = \"/var/spool/cloister/gate\",")
                .doesNotContain("SuspendExcParts");
    }

    @Test
    void without_slurmctld_the_lines_say_that_they_know_nothing_of_it() {
        RecordedSite site = new RecordedSite("24.11");
        site.silent(RecordedSite.CONFIG);
        assertThat(Lines.of(site.gather().facts()))
                .startsWith("# slurmctld does not answer")
                .contains("\nJobSubmitPlugins=lua\n")
                .contains("\nPrivateData=jobs,usage,users,accounts\n");
    }
}
