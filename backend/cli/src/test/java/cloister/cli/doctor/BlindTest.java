package cloister.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What can't be seen is unknown, never well and never wrong; and the ways of a site that are well too. */
class BlindTest {
    private final RecordedSite site = new RecordedSite("24.11");

    private List<String> states(String state) {
        return Printout.text(site.findings())
                .lines()
                .filter(line -> line.startsWith(state + " "))
                .map(line -> line.replaceFirst("^\\S+ +", "").replaceFirst(" .*", ""))
                .toList();
    }

    @Test
    void without_slurmctld_its_items_are_unknown_and_it_is_asked_once() {
        site.silent(RecordedSite.CONFIG);
        for (String later :
                List.of(RecordedSite.NODES, RecordedSite.PARTITIONS, RecordedSite.BURST_BUFFER, RecordedSite.PROBE)) {
            site.fails(later, 1, "asked though slurmctld did not answer");
        }
        assertThat(states("WRONG")).isEmpty();
        assertThat(states("unknown")).contains("private-data", "own-cores", "submit-refused", "gate-rights");
        assertThat(states("ok")).contains("backend-uid", "token-life", "wckeys-dbd", "plugin-files");
        assertThat(Printout.code(site.findings())).isEqualTo(2);
        assertThat(Printout.text(site.findings())).doesNotContain("asked though");
    }

    @Test
    void without_slurmdbd_its_items_are_unknown() {
        site.fails(RecordedSite.ACCOUNTING, 1, "sacctmgr: error: Unable to contact slurmdbd");
        assertThat(states("WRONG")).isEmpty();
        assertThat(states("unknown")).contains("accounting-on", "wckeys-dbd", "purge", "private-data-dbd");
        assertThat(Printout.code(site.findings())).isEqualTo(2);
    }

    @Test
    void a_configuration_without_the_daemon_s_part_is_no_answer_of_the_daemon() {
        site.change(RecordedSite.ACCOUNTING, "^SlurmDBD configuration:$(?s:.*)", "");
        assertThat(site.on(Item.WCKEYS_DBD)).isInstanceOf(Verdict.Unknown.class);
    }

    @Test
    void one_thing_wrong_outweighs_what_is_unknown() {
        site.set("EnforcePartLimits", "NO");
        site.silent(RecordedSite.ACCOUNTING);
        assertThat(Printout.code(site.findings())).isEqualTo(1);
    }

    @Test
    void without_the_backend_s_configuration_nothing_is_said_of_its_partition() {
        site.remove(RecordedSite.BACKEND);
        assertThat(site.on(Item.OWN_CORES)).isInstanceOf(Verdict.Unknown.class);
        assertThat(site.on(Item.TOKEN_FILE)).isInstanceOf(Verdict.Unknown.class);
        assertThat(Printout.code(site.findings())).isEqualTo(2);
    }

    @Test
    void a_partition_that_slurm_does_not_have_is_said() {
        site.change(Path.of(RecordedSite.BACKEND), "partition: batch", "partition: sealed");
        assertThat(site.on(Item.OWN_CORES))
                .isEqualTo(new Verdict.Unknown(
                        "there is no partition sealed, to which the backend's configuration sends placeholders", true));
    }

    @Test
    void slurmdbd_of_26_05_is_believed_only_by_its_file_and_24_11_also_by_its_word() {
        RecordedSite newer = new RecordedSite("26.05");
        newer.remove(RecordedSite.SLURMDBD);
        assertThat(newer.on(Item.PRIVATE_DATA_DBD)).isInstanceOf(Verdict.Unknown.class);
        assertThat(Printout.code(newer.findings())).isZero();

        site.change(RecordedSite.ACCOUNTING, "^PrivateData.*\nPurge", "PrivateData = jobs\nPurge");
        assertThat(site.on(Item.PRIVATE_DATA_DBD)).isInstanceOf(Verdict.Wrong.class);
        site.remove(RecordedSite.SLURMDBD);
        assertThat(site.on(Item.PRIVATE_DATA_DBD)).isInstanceOf(Verdict.Wrong.class);
    }

    @Test
    void a_site_s_own_job_submit_that_calls_ours_is_well_and_checked_where_there_is_a_luac() {
        site.file("/etc/slurm/job_submit.lua", "dofile('/etc/slurm/cloister_submit.lua')", 0, 0644);
        assertThat(site.on(Item.PLUGIN_FILES)).isInstanceOf(Verdict.Ok.class);
        assertThat(site.on(Item.LUA_SYNTAX))
                .isEqualTo(new Verdict.Unknown("there is no luac here to check job_submit.lua", false));
        site.answer("luac -p /etc/slurm/job_submit.lua", "");
        assertThat(site.on(Item.LUA_SYNTAX)).isInstanceOf(Verdict.Ok.class);
    }

    @Test
    void a_site_does_without_jobcomp_or_has_one_of_its_own_that_calls_ours() {
        site.remove("/etc/slurm/jobcomp.lua");
        assertThat(site.on(Item.PLUGIN_FILES)).isInstanceOf(Verdict.Ok.class);
        site.file("/etc/slurm/jobcomp.lua", "dofile('/etc/slurm/cloister_beside.lua')('batch')", 0, 0644);
        assertThat(site.on(Item.PLUGIN_FILES)).isInstanceOf(Verdict.Ok.class);
    }

    @Test
    void the_gate_s_other_driver_needs_both_scripts_and_its_own_time() {
        site.set("BurstBufferType", "burst_buffer/datawarp");
        site.change(Path.of(RecordedSite.SITE), "(gate_limit)", "gate_driver = 'prolog', $1");
        assertThat(site.on(Item.GATE_LOADED)).isInstanceOf(Verdict.Wrong.class);
        assertThat(site.on(Item.GATE_TIME))
                .isEqualTo(Verdict.wrong("PrologEpilogTimeout 90 s, gate_limit_seconds 600"));
        assertThat(Lines.of(site.gather().facts()))
                .contains("PrologSlurmctld=/etc/slurm/prolog-slurmctld\n", "PrologEpilogTimeout=600\n")
                .contains("gate_driver = \"prolog\",")
                .doesNotContain("OtherTimeout", "BurstBufferType");
        site.change(RecordedSite.CONFIG, "^(Epilog.0.*)$", "$1\nPrologSlurmctld[0] = /p\nEpilogSlurmctld[0] = /e");
        assertThat(site.on(Item.GATE_LOADED)).isInstanceOf(Verdict.Ok.class);
    }

    @Test
    void power_saving_is_well_where_our_hosts_are_excluded() {
        site.set("SuspendProgram", "/usr/sbin/poweroff");
        site.set("SuspendTime", "600 sec");
        assertThat(site.on(Item.POWER_SAVING)).isInstanceOf(Verdict.Wrong.class);
        site.set("SuspendExcNodes", "gpu1,vmhost[1-2]");
        assertThat(site.on(Item.POWER_SAVING)).isInstanceOf(Verdict.Ok.class);
        // Slurm keeps any four of these up, not these.
        site.set("SuspendExcNodes", "vmhost[1-2]:4");
        assertThat(site.on(Item.POWER_SAVING)).isInstanceOf(Verdict.Wrong.class);
        site.set("SuspendExcParts", "other,batch");
        assertThat(site.on(Item.POWER_SAVING)).isInstanceOf(Verdict.Ok.class);
        site.set("SuspendExcParts", "(null)");
        site.change(RecordedSite.PARTITIONS, "$", " SuspendTime=INFINITE");
        assertThat(site.on(Item.POWER_SAVING)).isInstanceOf(Verdict.Ok.class);
    }

    @Test
    void longer_keeping_and_a_forced_one_are_well() {
        site.change(RecordedSite.ACCOUNTING, "^PurgeJobAfter.*$", "PurgeJobAfter = 35 days");
        site.change(RecordedSite.ACCOUNTING, "^PurgeUsageAfter.*$", "PurgeUsageAfter = 2 months");
        assertThat(site.on(Item.PURGE)).isInstanceOf(Verdict.Ok.class);
        site.change(RecordedSite.PARTITIONS, "OverSubscribe=NO", "OverSubscribe=FORCE:1");
        assertThat(site.on(Item.OWN_CORES)).isInstanceOf(Verdict.Ok.class);
        site.set("AccountingStorageEnforce", "all");
        assertThat(site.on(Item.ACCOUNTING_ENFORCED)).isInstanceOf(Verdict.Ok.class);
    }

    @Test
    void a_backup_controller_is_to_be_looked_at_on_its_own() {
        site.change(RecordedSite.CONFIG, "^(SlurmctldHost.0.*)$", "$1\nSlurmctldHost[1] = head2");
        assertThat(site.on(Item.GATE_CONTROLLERS))
                .isEqualTo(new Verdict.Unknown(
                        "there is a backup controller, SlurmctldHost[1]=head2: run this command there", false));
    }

    @Test
    void a_name_that_can_t_be_asked_for_now_is_unknown() {
        site.change(RecordedSite.NODES, "(NodeName=vmhost2 .*NodeAddr=)\\S+", "$1vmhost2.example");
        site.fails("getent ahosts vmhost2.example", 3, "no service");
        assertThat(site.on(Item.NAMES_RESOLVE)).isInstanceOf(Verdict.Unknown.class);
        site.answer("getent ahosts vmhost2.example", "192.0.2.7 STREAM vmhost2.example\n");
        assertThat(site.on(Item.NAMES_RESOLVE)).isInstanceOf(Verdict.Ok.class);
    }

    @Test
    void the_heartbeat_and_the_clock_follow_this_machine_s_time() {
        site.later(5);
        assertThat(site.on(Item.CLOCK_CONTROLLER)).isInstanceOf(Verdict.Wrong.class);
        assertThat(site.on(Item.GATE_HEARTBEAT)).isEqualTo(Verdict.ok("it is 9 s old"));
        site.later(22);
        assertThat(site.on(Item.GATE_HEARTBEAT)).isEqualTo(Verdict.wrong("it is 31 s old"));
    }

    @Test
    void only_root_may_look() {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = new SlurmDoctor(site.gather(), false).look(new PrintWriter(out), new PrintWriter(err, true), false);
        assertThat(code).isEqualTo(2);
        assertThat(err.toString()).startsWith("cloister: only root");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void no_secret_is_kept_or_printed() {
        Facts facts = site.gather().facts();
        assertThat(facts.toString()).doesNotContain("never-shown").doesNotContain("c2ln");
    }

    @Test
    void json_has_the_same_findings_and_the_code() {
        site.set("MinJobAge", "10 sec");
        StringWriter out = new StringWriter();
        int code = new SlurmDoctor(site.gather(), true)
                .look(new PrintWriter(out, true), new PrintWriter(new StringWriter()), true);
        assertThat(code).isEqualTo(1);
        assertThat(out.toString())
                .startsWith("{\"items\":[{\"item\":\"versions-supported\",\"state\":\"ok\",\"seen\":\"24.11.5\"}")
                .contains(
                        "{\"item\":\"job-age\",\"state\":\"WRONG\",\"seen\":\"MinJobAge=10 sec\",\"remedy\":\"set MinJobAge")
                .endsWith("\"code\":1}\n");
    }

    @Test
    void what_others_wrote_can_t_move_the_cursor() {
        site.set("EnforcePartLimits", "\u001b[2Jno");
        assertThat(Printout.text(site.findings())).contains("EnforcePartLimits=?[2Jno");
    }
}
