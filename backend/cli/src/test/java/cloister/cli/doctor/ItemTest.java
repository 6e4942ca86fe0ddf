package cloister.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each item against what real 24.11 and 26.05 said: all is well as recorded, and each item sees what is broken for it alone. */
class ItemTest {
    private static final List<String> VERSIONS = List.of("24.11", "26.05");

    /** What the machine of slurmctld never sees. */
    private static final Set<Item> NEVER_SEEN = EnumSet.of(Item.EPILOG_ON_HOSTS, Item.CLOCK_HOSTS);

    /** One way, or more, to break an installation so that this item alone turns wrong. */
    private record Broken(Item item, String how, Consumer<RecordedSite> by) {}

    private static Broken set(Item item, String name, String value) {
        return new Broken(item, name + "=" + value, site -> site.set(name, value));
    }

    private static Broken config(Item item, String command, String regex, String to) {
        return new Broken(item, command + ": " + to, site -> site.change(command, regex, to));
    }

    private static Broken broken(Item item, String how, Consumer<RecordedSite> by) {
        return new Broken(item, how, by);
    }

    private static List<Broken> plugins() {
        String submit = "/etc/slurm/cloister_submit.lua";
        return List.of(
                set(Item.JOB_SUBMIT_LOADED, "JobSubmitPlugins", "(null)"),
                set(Item.JOB_SUBMIT_LOADED, "JobSubmitPlugins", "require_timelimit"),
                set(Item.GATE_LOADED, "BurstBufferType", "burst_buffer/datawarp"),
                broken(Item.GATE_LOADED, "no EpilogSlurmctld", site -> {
                    site.change(RecordedSite.CONFIG, "^(Epilog.0.*)$", "$1\nPrologSlurmctld[0] = /p");
                    site.set("PrologEpilogTimeout", "600");
                    site.change(Path.of(RecordedSite.SITE), "(gate_limit)", "gate_driver = 'prolog', $1");
                }),
                broken(Item.PLUGIN_FILES, "missing", site -> site.remove(submit)),
                broken(Item.PLUGIN_FILES, "altered", site -> {
                    site.file(submit, "return true", 0, 0644);
                    site.answer("luac -p " + submit, "");
                }),
                broken(Item.PLUGIN_FILES, "the site's own, without ours", site -> {
                    site.file("/etc/slurm/job_submit.lua", "-- cloister_submit\nreturn 0", 0, 0644);
                    site.answer("luac -p /etc/slurm/job_submit.lua", "");
                }),
                broken(Item.PLUGIN_RIGHTS, "0666", site -> site.mode(submit, 0, 0666)),
                broken(Item.PLUGIN_RIGHTS, "the backend's", site -> site.mode(RecordedSite.SITE, 5000, 0644)),
                broken(Item.LUA_SYNTAX, "not Lua", site -> {
                    site.file("/etc/slurm/job_submit.lua", "dofile('cloister_submit.lua'", 0, 0644);
                    site.fails("luac5.1 -p /etc/slurm/job_submit.lua", 1, "luac5.1: job_submit.lua:1: ')' expected");
                }),
                broken(Item.SUBMIT_REFUSED, "accepted", site -> site.answer(RecordedSite.PROBE, "")),
                broken(
                        Item.SUBMIT_REFUSED,
                        "no configuration",
                        site -> site.fails(
                                RecordedSite.PROBE,
                                1,
                                "sbatch: error: cloister: no job can be taken until an administrator mends cloister.lua")));
    }

    private static List<Broken> usersAndPrivacy() {
        Path slurmdbd = Path.of(RecordedSite.SLURMDBD);
        return List.of(
                broken(
                        Item.BACKEND_UID,
                        "another uid",
                        site -> site.change(Path.of(RecordedSite.SITE), "\\{ 5000 }", "{ 5001 }")),
                broken(
                        Item.BACKEND_UID,
                        "one more uid",
                        site -> site.change(Path.of(RecordedSite.SITE), "\\{ 5000 }", "{ 5000, 5001 }")),
                broken(Item.BACKEND_LEVEL, "none", site -> site.answer(RecordedSite.LEVEL, "None\n")),
                broken(Item.BACKEND_LEVEL, "unknown", site -> site.answer(RecordedSite.LEVEL, "\n")),
                broken(Item.ADMIN_UIDS, "root only", site -> site.change(Path.of(RecordedSite.SITE), "0, 64030", "0")),
                set(Item.PRIVATE_DATA, "PrivateData", "jobs,usage,users"),
                set(Item.PRIVATE_DATA, "PrivateData", "none"),
                broken(
                        Item.PRIVATE_DATA_DBD,
                        "one less",
                        site -> site.change(slurmdbd, "^PrivateData=.*$", " privatedata = jobs,usage # two")),
                broken(Item.PRIVATE_DATA_DBD, "none", site -> site.change(slurmdbd, "^PrivateData=.*$", "")),
                set(Item.OWN_TOKENS, "AuthAltParameters", "jwt_key=/etc/slurm/jwt_hs256.key"),
                set(Item.OWN_TOKENS, "AuthAltTypes", "(null)"),
                set(Item.SCRIPTS_STORED, "AccountingStoreFlags", "job_comment,job_script"),
                set(Item.SCRIPTS_STORED, "AccountingStoreFlags", "job_comment,job_env"));
    }

    private static List<Broken> accounting() {
        return List.of(
                set(Item.ACCOUNTING_ON, "AccountingStorageType", "(null)"),
                set(Item.ACCOUNTING_ENFORCED, "AccountingStorageEnforce", "associations,limits"),
                set(Item.COMMENT_STORED, "AccountingStoreFlags", "(null)"),
                broken(Item.FIGURES_STORED, "neither", site -> {
                    site.set("AccountingStoreFlags", "job_comment");
                    site.set("JobCompType", "(null)");
                }),
                set(Item.WCKEYS, "TrackWCKey", "no"),
                config(
                        Item.WCKEYS_DBD,
                        RecordedSite.ACCOUNTING,
                        "^TrackWCKey( +)= yes\nTrackSlurmctldDown",
                        "TrackWCKey$1= no\nTrackSlurmctldDown"),
                config(Item.PURGE, RecordedSite.ACCOUNTING, "^PurgeJobAfter.*$", "PurgeJobAfter = 34 days"),
                config(Item.PURGE, RecordedSite.ACCOUNTING, "^PurgeJobAfter.*$", "PurgeJobAfter = 839 hours"),
                config(Item.PURGE, RecordedSite.ACCOUNTING, "^PurgeUsageAfter.*$", "PurgeUsageAfter = 1 months"),
                set(Item.PART_LIMITS, "EnforcePartLimits", "ANY"),
                set(Item.JOB_COUNT, "MaxJobCount", "9999"),
                set(Item.JOB_AGE, "MinJobAge", "299 sec"),
                set(Item.REQUEST_RATE, "SlurmctldParameters", "rl_enable"),
                set(Item.REQUEST_RATE, "SlurmctldParameters", "rl_enable,rl_refill_rate=99"));
    }

    private static List<Broken> gateAndToken() {
        String asked = RecordedSite.GATE + "/asked";
        String answers = RecordedSite.GATE + "/answers";
        long slurm = RecordedSite.SLURM;
        return List.of(
                config(Item.GATE_TIME, RecordedSite.BURST_BUFFER, "OtherTimeout=600", "OtherTimeout=599"),
                broken(Item.GATE_TIME, "PrologTimeout", site -> {
                    gateInProlog(site);
                    apart(site, 599, 70);
                }),
                broken(
                        Item.GATE_PATH,
                        "another",
                        site -> site.change(Path.of(RecordedSite.BACKEND), "(gate-folder: )\\S+", "$1/else/where")),
                broken(Item.GATE_RIGHTS, "asked is gone", site -> site.remove(asked)),
                broken(Item.GATE_RIGHTS, "0777", site -> site.folder(asked, slurm, 5000, 0777)),
                broken(Item.GATE_RIGHTS, "the backend's", site -> site.folder(asked, 5000, 5000, 0750)),
                broken(Item.GATE_RIGHTS, "not readable", site -> site.folder(asked, slurm, slurm, 0750)),
                broken(Item.GATE_RIGHTS, "answers not readable", site -> site.folder(answers, 5000, slurm, 0700)),
                broken(Item.GATE_RIGHTS, "slurm's", site -> site.folder(RecordedSite.GATE, slurm, slurm, 0755)),
                broken(
                        Item.GATE_HEARTBEAT,
                        "none",
                        site -> site.change(Path.of(answers, "heartbeat"), "^\\d+$", "soon")),
                broken(
                        Item.GATE_HEARTBEAT,
                        "old",
                        site -> site.change(Path.of(answers, "heartbeat"), "^\\d+$", "1000000000")),
                broken(Item.TOKEN_FILE, "0440", site -> site.mode(RecordedSite.TOKEN, 5000, 0440)),
                broken(Item.TOKEN_FILE, "root's", site -> site.mode(RecordedSite.TOKEN, 0, 0400)),
                broken(Item.TOKEN_USER, "root's", site -> site.token("root", -600, 3000)),
                broken(Item.TOKEN_USER, "slurm's", site -> site.token("slurm", -600, 3000)),
                broken(Item.TOKEN_LIFE, "old", site -> site.token("cloister", -2200, 1400)),
                broken(Item.TOKEN_LIFE, "expired", site -> site.token("cloister", -3700, -100)));
    }

    private static List<Broken> hosts() {
        String forced = "OverSubscribe=FORCE:";
        return List.of(
                set(Item.EPILOG, "Epilog[0]", "(null)"),
                set(Item.EPILOG_TIME, "PrologEpilogTimeout", "69"),
                broken(Item.EPILOG_TIME, "apart", site -> apart(site, 600, 69)),
                set(Item.STEP_TIMES, "BatchStartTimeout", "9 sec"),
                set(Item.STEP_TIMES, "KillWait", "4 sec"),
                set(Item.STEP_TIMES, "KillWait", "121 sec"),
                config(Item.OWN_CORES, RecordedSite.PARTITIONS, "OverSubscribe=NO", forced + "4"),
                config(
                        Item.OWN_CORES,
                        RecordedSite.PARTITIONS,
                        "OverSubscribe=NO(.*)PreemptMode=OFF",
                        forced + "1$1PreemptMode=GANG,SUSPEND"),
                set(Item.MEMORY_COUNTED, "SelectTypeParameters", "CR_CORE"),
                set(Item.MEMORY_COUNTED, "SelectType", "select/linear"),
                config(
                        Item.MEMORY_COUNTED,
                        RecordedSite.PARTITIONS,
                        "SelectTypeParameters=NONE",
                        "SelectTypeParameters=CR_CORE"),
                broken(Item.POWER_SAVING, "on", site -> powerSaving(site, "600 sec", "vmhost1")),
                broken(Item.POWER_SAVING, "on for the partition", site -> {
                    powerSaving(site, "INFINITE", "(null)");
                    site.change(RecordedSite.PARTITIONS, "$", " SuspendTime=600");
                }),
                broken(Item.NAMES_RESOLVE, "a name without an address", site -> {
                    site.change(RecordedSite.NODES, "(NodeName=vmhost2 .*NodeAddr=)\\S+", "$1lost");
                    site.fails("getent ahosts lost", 2, "");
                }),
                config(Item.CLOCK_CONTROLLER, RecordedSite.CONFIG, "as of (....-..-..)T..:..:..", "as of $1T00:00:00"),
                config(Item.CLOCK_HOSTS, RecordedSite.NODES, "SlurmdStartTime=2026", "SlurmdStartTime=2027"));
    }

    /** With a limit for each, as 26.05 can have it; the one for both stays what it was. */
    private static void apart(RecordedSite site, int prolog, int epilog) {
        site.change(
                RecordedSite.CONFIG,
                "^(PrologFlags .*)$",
                "PrologTimeout = " + prolog + "\nEpilogTimeout = " + epilog + "\n$1");
    }

    private static void gateInProlog(RecordedSite site) {
        site.change(RecordedSite.CONFIG, "^(PrologFlags .*)$", "PrologSlurmctld[0] = /p\nEpilogSlurmctld[0] = /e\n$1");
        site.change(Path.of(RecordedSite.SITE), "(gate_limit)", "gate_driver = 'prolog', $1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"24.11", "26.05"})
    void limits_apart_count_instead_of_the_one_for_both(String version) {
        RecordedSite site = new RecordedSite(version);
        site.set("PrologEpilogTimeout", "1");
        apart(site, 600, 70);
        gateInProlog(site);
        assertThat(site.on(Item.EPILOG_TIME)).isEqualTo(Verdict.ok("EpilogTimeout=70"));
        assertThat(site.on(Item.GATE_TIME)).isInstanceOf(Verdict.Ok.class);
        assertThat(Lines.of(site.gather().facts()))
                .contains("\nPrologTimeout=600\nEpilogTimeout=90\n")
                .doesNotContain("PrologEpilogTimeout");
    }

    private static void powerSaving(RecordedSite site, String time, String kept) {
        site.set("SuspendProgram", "/usr/sbin/poweroff");
        site.set("SuspendTime", time);
        site.set("SuspendExcNodes", kept);
    }

    /** What can't be broken without something else being seen as wrong too. */
    private static final Map<Item, Set<Item>> TOGETHER = Map.of(
            Item.VERSIONS_SUPPORTED, EnumSet.of(Item.VERSIONS_SUPPORTED, Item.VERSIONS_EQUAL),
            Item.VERSIONS_EQUAL, EnumSet.of(Item.VERSIONS_SUPPORTED, Item.VERSIONS_EQUAL),
            Item.VERSIONS_RUNNING, EnumSet.of(Item.VERSIONS_RUNNING),
            Item.SITE_FILE, EnumSet.of(Item.SITE_FILE),
            Item.BACKEND_USER, EnumSet.of(Item.BACKEND_USER, Item.BACKEND_UID, Item.GATE_RIGHTS, Item.TOKEN_FILE));

    private static List<Broken> several() {
        return List.of(
                broken(Item.VERSIONS_SUPPORTED, "25.05", site -> site.answer("slurmrestd -V", "slurm 25.05.3")),
                broken(Item.VERSIONS_EQUAL, "23.11", site -> site.answer("slurmrestd -V", "slurm-wlm 23.11.10")),
                broken(Item.VERSIONS_RUNNING, "upgraded", site -> site.answer("slurmctld -V", "slurm 99.11.0")),
                broken(
                        Item.SITE_FILE,
                        "other partitions",
                        site -> site.change(Path.of(RecordedSite.SITE), "(gate_limit)", "partitions = { 'x' }, $1")),
                broken(
                        Item.SITE_FILE,
                        "no table",
                        site -> site.change(Path.of(RecordedSite.SITE), "\\}\\s*\\z", "} .. os.getenv('x')")),
                broken(
                        Item.BACKEND_USER,
                        "root",
                        site -> site.answer("getent passwd cloister", "cloister:x:0:0::/:/bin/sh")));
    }

    private static Stream<Broken> all() {
        return Stream.of(plugins(), usersAndPrivacy(), accounting(), gateAndToken(), hosts(), several())
                .flatMap(List::stream);
    }

    static Stream<Arguments> cases() {
        return VERSIONS.stream()
                .flatMap(version -> all().map(each -> Arguments.of(version, each.item(), each.how(), each)));
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @MethodSource("cases")
    void an_item_turns_wrong_when_it_is_broken(String version, Item item, String how, Object each) {
        RecordedSite site = new RecordedSite(version);
        ((Broken) each).by().accept(site);
        List<Finding> findings = site.findings();

        Set<Item> wrong = EnumSet.noneOf(Item.class);
        findings.stream()
                .filter(finding -> finding.verdict() instanceof Verdict.Wrong)
                .forEach(finding -> wrong.add(finding.item()));
        assertThat(wrong).as(how).isEqualTo(TOGETHER.getOrDefault(item, EnumSet.of(item)));
        assertThat(Printout.code(findings)).isEqualTo(1);
        assertThat(Printout.text(findings)).contains("remedy: " + item.remedy());
    }

    @ParameterizedTest
    @ValueSource(strings = {"24.11", "26.05"})
    void the_demonstration_is_well(String version) {
        Map<String, Verdict> other = new TreeMap<>();
        List<Finding> findings = new RecordedSite(version).findings();
        findings.stream()
                .filter(finding -> !(finding.verdict() instanceof Verdict.Ok))
                .forEach(finding -> other.put(finding.item().title(), finding.verdict()));

        assertThat(other.keySet()).containsExactlyInAnyOrder("epilog-on-hosts", "clock-hosts");
        assertThat(Printout.code(findings)).isZero();
    }

    @Test
    void each_item_has_a_way_to_be_broken() {
        Set<Item> covered = EnumSet.of(Item.EPILOG_ON_HOSTS, Item.GATE_CONTROLLERS);
        all().forEach(each -> covered.add(each.item()));
        assertThat(covered).isEqualTo(EnumSet.allOf(Item.class)).containsAll(NEVER_SEEN);
    }
}
