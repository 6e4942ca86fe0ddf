package cloister.lua;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.slurm.testing.GlobalSlurm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Our plugins beside a site's own files (those of the folder example) in a real Slurm: both gates, the record, the removal. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BesideOthersIT {
    private static final Duration LONGEST = Duration.ofMinutes(2);
    private static final List<String> SITE = List.of("job_submit.lua", "burst_buffer.lua", "jobcomp.lua");
    private static final String LINE = "dofile(\"/etc/slurm/cloister_beside.lua\")(\"sealed\")";
    private static final String CONFIG = "return { backend_uids = { 5000 }, admin_uids = { 0, 64030 },"
            + " gate = \"/var/spool/cloister/gate\", partitions = { \"sealed\" }";
    private static final String PLACEHOLDER =
            "#!/bin/sh\ntrap 'kill $!; exit 0' USR1; while :; do sleep 1000 & wait $!; done\n";
    private static final String UP = "(exec 3<>/dev/tcp/127.0.0.1/6817) 2>/dev/null";

    @TempDir
    static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static GlobalSlurm slurm;

    @SuppressWarnings("NullAway.Init")
    private static ScheduledExecutorService heart;

    @SuppressWarnings("NullAway.Init")
    private static ScheduledFuture<?> beating;

    @BeforeAll
    static void start() throws Exception {
        slurm = GlobalSlurm.start(Path.of("global"), folder.resolve("gate"));
        Files.createDirectory(slurm.gate().resolve("usage"));
        heart = Executors.newSingleThreadScheduledExecutor();
        beating = heart.scheduleAtFixedRate(BesideOthersIT::beat, 0, 5, TimeUnit.SECONDS);
        for (String name : SITE) put("/etc/slurm/" + name, Files.readString(Path.of("example", name)));
        put("/etc/slurm/cloister.lua", CONFIG + " }\n");
        put("/tmp/placeholder", PLACEHOLDER);
        put("/tmp/theirs", "#!/bin/sh\n#BB_LUA theirs\ntrue\n");
        bash("sed -i '/^PartitionName/d' /etc/slurm/slurm.conf; printf '%s\\n' JobCompType=jobcomp/lua"
                + " 'PartitionName=open Nodes=vmh[1-2] Default=YES MaxTime=1-0 State=UP'"
                + " 'PartitionName=sealed Nodes=vmh[1-2] MaxTime=1-0 State=UP' >> /etc/slurm/slurm.conf");
        restart();
    }

    @AfterAll
    static void stop() {
        if (heart != null) heart.shutdownNow();
        if (slurm != null) slurm.close();
    }

    private static void beat() {
        try {
            answer("heartbeat", Instant.now().getEpochSecond() + "\n");
        } catch (IOException e) {
            throw new IllegalStateException("no heartbeat", e);
        }
    }

    private static void answer(String name, String text) throws IOException {
        Path answers = slurm.gate().resolve("answers");
        Files.writeString(answers.resolve(name + ".tmp"), text);
        Files.move(answers.resolve(name + ".tmp"), answers.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String bash(String script) throws IOException, InterruptedException {
        return slurm.run("bash", "-c", script).strip();
    }

    private static void put(String path, String text) throws IOException, InterruptedException {
        slurm.run("sh", "-c", "printf %s \"$1\" > \"$2\"", "sh", text, path);
    }

    /** Only slurmctld: a slurmd that is told to reconfigure does not survive it in a plain container. */
    private static void restart() throws IOException, InterruptedException {
        bash("kill $(cat /run/slurm/slurmctld.pid); while " + UP + "; do sleep 0.1; done; slurmctld;"
                + " until scontrol ping | grep -q UP; do sleep 0.2; done");
    }

    private static String sbatch(String user, String arguments) throws IOException, InterruptedException {
        return bash("cd /; setpriv --reuid=" + user + " --regid=" + user + " --init-groups"
                + " env -i PATH=/usr/bin:/bin HOME=/ sbatch --parsable -t 5 -A p7 --wckey=m1 --mem-per-cpu=100"
                + " -i /dev/null -o /dev/null -e /dev/null " + arguments);
    }

    private static String place(String mark) throws IOException, InterruptedException {
        // With NONE slurmd would fetch a login environment, which it cannot in a plain container: it ends.
        return sbatch("cloister", "--export=NIL -J cloister -D / -p sealed --comment=" + mark + " < /tmp/placeholder");
    }

    private static <T> T await(String what, Callable<T> look, T wanted) throws Exception {
        Instant end = Instant.now().plus(LONGEST);
        T seen = look.call();
        while (!seen.equals(wanted)) {
            if (Instant.now().isAfter(end)) throw new TimeoutException(what + " was last seen as " + seen);
            TimeUnit.MILLISECONDS.sleep(200);
            seen = look.call();
        }
        return seen;
    }

    private static String record(String job, String field) throws IOException, InterruptedException {
        return slurm.run("sacct", "-anPX", "-j", job, "-o", field).strip();
    }

    private static void becomes(String job, String state) throws Exception {
        await("the record of " + job, () -> record(job, "State"), state);
    }

    private static String asked(String name) throws Exception {
        Path file = slurm.gate().resolve("asked").resolve(name);
        await(name, () -> Files.exists(file), true);
        String text = Files.readString(file);
        assertThat(text).matches("1 vmh(1|2|\\[1-2\\])\n");
        return text.substring(2).strip();
    }

    private static String[] allAsked() {
        String[] names = slurm.gate().resolve("asked").toFile().list();
        Arrays.sort(names);
        return names;
    }

    /** Lets a placeholder start, ends it as the backend does, and waits until it is recorded so. */
    private static void startAndEnd(String name, String job) throws Exception {
        answer(name, "1 go ok " + asked(name) + "\n");
        becomes(job, "RUNNING");
        // slurmd says RUNNING before the script has set its trap.
        await("the script's sleep", () -> bash("ps -eo args | grep -c '^[s]leep 1000' || :"), "1");
        bash("scancel --batch --signal=USR1 " + job);
        becomes(job, "COMPLETED");
        await("what was asked", () -> List.of(allAsked()), List.of());
    }

    @Test
    @Order(1)
    void a_strangers_job_runs_by_the_sites_own_rules_whatever_its_comment() throws Exception {
        String plain = sbatch("mallory", "-p open --comment=cloister:1:7:1:1 --wrap=true");
        String staged = sbatch("mallory", "-p open --comment=cloister:1:7:2:1 /tmp/theirs");
        becomes(plain, "COMPLETED");
        becomes(staged, "COMPLETED");
        assertThat(record(plain, "AdminComment")).isEmpty();
        assertThat(allAsked()).isEmpty();
        assertThat(bash("cat /var/log/slurm/slurmctld.log")).contains("scratch of job " + staged + " is given back");
    }

    @Test
    @Order(2)
    void nobody_else_gets_a_job_into_our_partition() throws Exception {
        for (String user : List.of("mallory", "root")) {
            for (String partition : List.of("sealed", "open,sealed")) {
                assertThatThrownBy(() -> sbatch(
                                user, "-p " + partition + " --comment=cloister:1:7:3:1 -J cloister < /tmp/placeholder"))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("cloister: only the Cloister backend may submit jobs here");
            }
        }
        String theirs = sbatch("mallory", "-p open -H --wrap=true");
        assertThatThrownBy(() -> bash("scontrol update jobid=" + theirs + " partition=sealed"))
                .hasMessageContaining("cloister: only placeholders run in Cloister's partitions");
        bash("scancel " + theirs);
    }

    @Test
    @Order(3)
    void what_the_backend_never_asks_for_is_refused_in_words() throws Exception {
        for (List<String> hostile : List.of(
                List.of("--nice=5", "nice"),
                List.of("--dependency=singleton", "dependency"),
                List.of("--array=1-2", "array_inx"),
                List.of("--exclusive", "shared"),
                List.of("--begin=now+1hour", "begin_time"),
                List.of("--nodelist=vmh1", "req_nodes"),
                List.of("--mail-user=x --mail-type=END", "mail_user"),
                List.of("-H", "priority"),
                List.of("-o /tmp/x", "std_out"))) {
            assertThatThrownBy(() -> sbatch(
                            "cloister",
                            hostile.get(0)
                                    + " --export=NIL -J cloister -D / -p sealed --comment=cloister:1:7:4:1 "
                                    + (hostile.get(1).equals("std_out") ? "-o /tmp/x " : "")
                                    + "< /tmp/placeholder"))
                    .as(hostile.get(0))
                    .hasMessageContaining("cloister: ")
                    .hasMessageContaining(hostile.get(1));
        }
    }

    @Test
    @Order(4)
    void a_placeholder_passes_the_gate_and_its_record_says_what_it_used() throws Exception {
        String job = place("cloister:1:7:5:1");
        asked("7.5.1." + job + ".0");
        String submitted =
                bash("date +%s -d $(scontrol show job " + job + " | grep -o 'SubmitTime=[^ ]*' | cut -d= -f2)");
        Path usage = slurm.gate().resolve("usage").resolve(job + "." + submitted);
        Files.writeString(usage, "1 cloister:1:used:11:22:0:1\n");
        Files.setPosixFilePermissions(usage, PosixFilePermissions.fromString("rw-rw-rw-"));
        startAndEnd("7.5.1." + job + ".0", job);
        assertThat(record(job, "AdminComment")).isEqualTo("cloister:1:used:11:22:0:1");
    }

    @Test
    @Order(5)
    void a_pipe_for_a_usage_file_does_not_stop_slurmctld() throws Exception {
        String job = place("cloister:1:7:6:1");
        asked("7.6.1." + job + ".0");
        bash("t=$(date +%s -d $(scontrol show job " + job + " | grep -o 'SubmitTime=[^ ]*' | cut -d= -f2));"
                + " mkfifo -m 0666 /var/spool/cloister/gate/usage/" + job + ".$t");
        startAndEnd("7.6.1." + job + ".0", job);
        assertThat(record(job, "AdminComment")).isEmpty();
        assertThat(bash("cat /var/log/slurm/slurmctld.log")).contains("is not a regular file");
    }

    @Test
    @Order(6)
    void a_broken_file_of_ours_shuts_our_partition_alone() throws Exception {
        bash("cd /etc/slurm; cp cloister_submit.lua /tmp; echo 'return function(' > cloister_submit.lua;"
                + " touch -d '+5 seconds' job_submit.lua");
        assertThatThrownBy(() -> place("cloister:1:7:7:1"))
                .hasMessageContaining("no job can be taken in this partition until an administrator mends");
        becomes(sbatch("mallory", "-p open --comment=cloister:1:7:7:1 --wrap=true"), "COMPLETED");
        assertThat(bash("cat /var/log/slurm/slurmctld.log")).contains("its partitions take no job until");
        bash("cd /etc/slurm; cp /tmp/cloister_submit.lua .; touch -d '+10 seconds' job_submit.lua");
    }

    @Test
    @Order(7)
    void the_second_gate_holds_a_placeholder_as_the_first_does() throws Exception {
        Path files = Files.createDirectory(slurm.gate().resolve("files"));
        for (String name : List.of("prolog-slurmctld", "epilog-slurmctld")) {
            Files.copy(Path.of("global", name), files.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.copy(Path.of("/usr/bin/lua5.1"), files.resolve("lua5.1"), StandardCopyOption.COPY_ATTRIBUTES);
        bash("cd /var/spool/cloister/gate/files; install -m 0755 *-slurmctld /etc/slurm; install lua5.1 /usr/local/bin;"
                + " sed -i /BurstBufferType/d /etc/slurm/slurm.conf; printf '%s\\n'"
                + " PrologSlurmctld=/etc/slurm/prolog-slurmctld EpilogSlurmctld=/etc/slurm/epilog-slurmctld"
                + " PrologEpilogTimeout=900 >> /etc/slurm/slurm.conf");
        put("/etc/slurm/cloister.lua", CONFIG + ", gate_driver = \"prolog\" }\n");
        restart();
        becomes(sbatch("mallory", "-p open --comment=cloister:1:7:8:1 --wrap=true"), "COMPLETED");
        String job = place("cloister:1:7:9:1");
        startAndEnd("7.9.1." + job + ".0", job);
    }

    @Test
    @Order(8)
    void a_placeholder_that_the_second_gate_refuses_is_cancelled() throws Exception {
        String job = place("cloister:1:7:10:1");
        String name = "7.10.1." + job + ".0";
        answer(name, "1 refuse host " + asked(name) + "\n");
        becomes(job, "CANCELLED by 0");
        await("what was asked", () -> List.of(allAsked()), List.of());
    }

    @Test
    @Order(9)
    void a_cancel_ends_the_wait_of_the_second_gate_and_leaves_nothing() throws Exception {
        String job = place("cloister:1:7:11:1");
        asked("7.11.1." + job + ".0");
        bash("scancel " + job);
        becomes(job, "CANCELLED by 0");
        await("what was asked", () -> List.of(allAsked()), List.of());
        await(
                "who waits",
                () -> bash("ps -eo stat,args | grep -v '^Z' | grep -cE '[p]rolog-slurmctld|[b]ash -p' || :"),
                "0");
    }

    @Test
    @Order(10)
    void the_second_gate_goes_on_after_a_restart_of_slurmctld() throws Exception {
        String job = place("cloister:1:7:12:1");
        asked("7.12.1." + job + ".0");
        restart();
        startAndEnd("7.12.1." + job + ".0", job);
    }

    @Test
    @Order(11)
    void a_slurmctld_keeps_its_rules_without_the_file_of_the_line_and_does_not_start_without_it() throws Exception {
        bash("cd /etc/slurm; mv cloister_beside.lua /tmp; touch -d '+15 seconds' job_submit.lua");
        assertThatThrownBy(() -> sbatch("mallory", "-p sealed --wrap=true"))
                .hasMessageContaining("only the Cloister backend may submit jobs here");
        becomes(sbatch("mallory", "-p open --wrap=true"), "COMPLETED");
        bash("kill $(cat /run/slurm/slurmctld.pid); while " + UP + "; do sleep 0.1; done");
        assertThat(bash("timeout 20 slurmctld -D >/dev/null 2>&1; echo $?")).isEqualTo("1");
    }

    @Test
    @Order(12)
    void without_the_line_the_site_has_its_slurm_for_itself() throws Exception {
        for (String name : SITE) {
            String text = Files.readString(Path.of("example", name));
            assertThat(text).containsOnlyOnce(LINE);
            put("/etc/slurm/" + name, text.replace(LINE, ""));
        }
        bash("rm /etc/slurm/cloister*.lua /etc/slurm/*-slurmctld; sed -i /Slurmctld=/d /etc/slurm/slurm.conf;"
                + " slurmctld; until scontrol ping | grep -q UP; do sleep 0.2; done");
        becomes(sbatch("mallory", "-p sealed --comment=cloister:1:7:13:1 --wrap=true"), "COMPLETED");
        assertThat(beating.cancel(false)).as("the heart beat to the end").isTrue();
    }
}
