package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.GlobalSlurm;
import cloister.slurm.testing.SlurmLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The accounting and a real slurmdbd, of each line that we support. */
@ParameterizedClass
@EnumSource
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AccountingIT {
    private static final Duration LONGEST = Duration.ofMinutes(2);
    private static final String NOTE = "cloister:1:used:12:3456:0:2";

    @Parameter
    @SuppressWarnings("NullAway.Init")
    SlurmLine line;

    @TempDir
    static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static GlobalSlurm slurm;

    @SuppressWarnings("NullAway.Init")
    private static SlurmBridge bridge;

    @SuppressWarnings("NullAway.Init")
    private static Accounting accounting;

    @SuppressWarnings("NullAway.Init")
    private static ScheduledExecutorService heart;

    @BeforeParameterizedClassInvocation
    static void start(SlurmLine line) throws IOException, InterruptedException {
        Path gate = folder.resolve("gate-" + line.number());
        Files.createDirectories(gate.resolve("usage"));
        slurm = GlobalSlurm.start(line, Path.of("../lua-plugins/global"), gate);
        // The folder's group is slurm's, as docs/operations/accounting.md says.
        slurm.run("chgrp", "slurm", "/var/spool/cloister/gate/usage");
        slurm.run("chmod", "2750", "/var/spool/cloister/gate/usage");
        slurm.writeToken("cloister", folder.resolve("token"));
        bridge = SlurmBridge.connect(new SlurmBridgeConfig(
                slurm.url(), "cloister", folder.resolve("token"), "batch", slurm.gate(), Duration.ofSeconds(20)));
        accounting = bridge.accounting();
        heart = Executors.newSingleThreadScheduledExecutor();
        var _ = heart.scheduleAtFixedRate(() -> bridge.gate().beat(Instant.now()), 0, 5, TimeUnit.SECONDS);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        if (heart != null) heart.shutdownNow();
        if (slurm != null) slurm.close();
    }

    private static <T> T await(String what, Looks<T> look) throws Exception {
        Instant end = Instant.now().plus(LONGEST);
        while (Instant.now().isBefore(end)) {
            Optional<T> seen = look.look();
            if (seen.isPresent()) return seen.get();
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new TimeoutException("not within " + LONGEST + ": " + what);
    }

    private interface Looks<T> {
        Optional<T> look() throws Exception;
    }

    private static String sacctmgr(String... show) throws IOException, InterruptedException {
        List<String> command = new java.util.ArrayList<>(List.of("sacctmgr", "-nP", "show"));
        command.addAll(List.of(show));
        return slurm.run(command.toArray(String[]::new)).strip();
    }

    private static String associations(String account) throws IOException, InterruptedException {
        return sacctmgr("assoc", "where", "account=" + account, "format=account,user,parentname");
    }

    @Test
    @Order(1)
    void without_the_right_nothing_is_made_and_the_words_say_which_right() throws Exception {
        for (Booking said : List.of(
                accounting.openAccount("p41", "cloister", "cloister project 41"), accounting.openWckey("m41"))) {
            assertThat(said)
                    .isInstanceOfSatisfying(
                            Booking.Refused.class,
                            refused -> assertThat(refused.why()).contains("AdminLevel=Operator"));
        }
        assertThat(associations("p41")).isEmpty();
        // What the site's script does (compose/images/head/accounting).
        slurm.run("sacctmgr", "-iQ", "add", "account", "cloister", "Description=cloister", "Organization=cloister");
        slurm.run("sacctmgr", "-iQ", "modify", "user", "cloister", "set", "AdminLevel=Operator");
    }

    @Test
    @Order(2)
    void an_account_and_a_wckey_are_made_once_and_removed() throws Exception {
        for (int i = 0; i < 2; i++) {
            assertThat(accounting.openAccount("p41", "cloister", "cloister project 41"))
                    .isEqualTo(new Booking.Done());
            assertThat(accounting.openWckey("m41")).isEqualTo(new Booking.Done());
        }
        assertThat(associations("p41").lines()).containsExactlyInAnyOrder("p41||cloister", "p41|cloister|");
        assertThat(sacctmgr("account", "p41", "format=account,descr,org"))
                .isEqualTo("p41|cloister project 41|cloister");
        assertThat(sacctmgr("wckey", "where", "wckey=m41", "format=wckey,user")).isEqualTo("m41|cloister");
        assertThat(bridge.placeholders().submit(request(new Mark(41, 1, 1), "p41", "m41")))
                .isInstanceOfSatisfying(
                        Submission.Placed.class,
                        placed -> assertThat(bridge.placeholders().cancel(placed.job(), new Mark(41, 1, 1)))
                                .isEqualTo(new Ending.Ended()));

        slurm.run("sacctmgr", "-iQ", "delete", "user", "cloister", "where", "account=p41");
        assertThat(accounting.openAccount("p41", "cloister", "cloister project 41"))
                .as("what somebody took out comes back")
                .isEqualTo(new Booking.Done());
        assertThat(associations("p41").lines()).hasSize(2);

        await(
                "no job of it runs",
                () -> accounting.closeAccount("p41", "cloister project 41") instanceof Booking.Done
                        ? Optional.of(true)
                        : Optional.empty());
        assertThat(accounting.closeAccount("p41", "cloister project 41")).isEqualTo(new Booking.Done());
        assertThat(accounting.closeWckey("m41")).isEqualTo(new Booking.Done());
        assertThat(accounting.closeWckey("m41")).isEqualTo(new Booking.Done());
        assertThat(associations("p41")).isEmpty();
        assertThat(sacctmgr("wckey", "where", "wckey=m41", "format=wckey,user")).isEmpty();
    }

    @Test
    @Order(3)
    void what_a_person_made_is_left_as_it_is() throws Exception {
        slurm.run("sacctmgr", "-iQ", "add", "account", "p42", "Description=physics", "Organization=faculty");
        assertThat(accounting.openAccount("p42", "cloister", "cloister project 42"))
                .isInstanceOfSatisfying(
                        Booking.Foreign.class,
                        foreign -> assertThat(foreign.what()).contains("p42", "physics"));
        assertThat(accounting.closeAccount("p42", "cloister project 42")).isInstanceOf(Booking.Foreign.class);
        assertThat(sacctmgr("account", "p42", "format=account,descr,org")).isEqualTo("p42|physics|faculty");
        assertThat(associations("p42")).isEqualTo("p42||root");
        assertThat(accounting.closeWckey("m1"))
                .as("mallory has it too, and Slurm would remove hers")
                .isInstanceOf(Booking.Foreign.class);
        assertThat(sacctmgr("wckey", "where", "wckey=m1", "format=wckey,user").lines())
                .hasSize(2);
    }

    @Test
    @Order(4)
    void while_slurmdbd_is_down_nothing_is_known_and_afterwards_it_is_made() throws Exception {
        // It may take minutes to heed a SIGTERM. A process that has ended has no command line, reaped or not.
        slurm.run("sh", "-c", "kill -9 $(cat /run/slurm/slurmdbd.pid)");
        await(
                "slurmdbd's end",
                () -> slurm.run("sh", "-c", "cat /proc/$(cat /run/slurm/slurmdbd.pid)/cmdline 2> /dev/null || true")
                                .isBlank()
                        ? Optional.of(true)
                        : Optional.empty());
        assertThat(accounting.openAccount("p43", "cloister", "cloister project 43"))
                .isInstanceOf(Booking.Unknown.class);
        assertThat(accounting.records(1)).isInstanceOf(Records.Unknown.class);
        slurm.run("slurmdbd");
        assertThat(await(
                        "slurmdbd",
                        () -> Optional.of(accounting.openAccount("p43", "cloister", "cloister project 43"))
                                .filter(Booking.Done.class::isInstance)))
                .isEqualTo(new Booking.Done());
        assertThat(associations("p43").lines()).hasSize(2);
    }

    private static PlaceholderRequest request(Mark mark, String account, String wckey) {
        return new PlaceholderRequest(mark, account, wckey, 1, 4, 2304, Duration.ofMinutes(10), false);
    }

    /** A placeholder that ran, with a note, and is recorded. */
    private static JobRecord ran(Mark mark) throws Exception {
        Placeholder running = runs(mark, "p7", "m1");
        long job = running.job();
        JobRecord before = await("its record", () -> record(job));
        assertThat(before.state()).isEqualTo(PlaceholderState.RUNNING);
        assertThat(before.ended()).isEmpty();
        // slurmdbd counts whole seconds.
        await(
                "a second",
                () -> Instant.now().isAfter(running.submitted().plusSeconds(4)) ? Optional.of(1) : Optional.empty());
        assertThat(accounting.note(job, running.submitted(), NOTE)).isEqualTo(new Booking.Done());
        assertThat(bridge.placeholders().end(job, mark)).isEqualTo(new Ending.Ended());
        return await(
                "its end in slurmdbd",
                () -> record(job).filter(now -> now.state().terminal()));
    }

    private static Placeholder runs(Mark mark, String account, String wckey) throws Exception {
        Submission said = bridge.placeholders().submit(request(mark, account, wckey));
        assertThat(said).isInstanceOf(Submission.Placed.class);
        long job = ((Submission.Placed) said).job();
        bridge.gate()
                .go(await(
                        "gate of " + job,
                        () -> bridge.gate().asked().stream()
                                .filter(asked -> asked.job() == job)
                                .findFirst()));
        Placeholder running = await(
                "start of " + job,
                () -> bridge.placeholders().observe(job, mark) instanceof Lookup.Found(Placeholder found)
                                && found.state() == PlaceholderState.RUNNING
                        ? Optional.of(found)
                        : Optional.empty());
        await("the script's trap", () -> trapped() ? Optional.of(true) : Optional.empty());
        return running;
    }

    private static boolean trapped() throws IOException, InterruptedException {
        String list = "for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $p 2>/dev/null; echo; done";
        return slurm.run("sh", "-c", list).lines().anyMatch(process -> process.startsWith("sleep 1000"));
    }

    private static Optional<JobRecord> record(long job) {
        return accounting.records(job) instanceof Records.Seen(List<JobRecord> jobs)
                ? jobs.stream().findFirst()
                : Optional.empty();
    }

    @Test
    @Order(5)
    void a_note_stands_in_the_record_of_a_placeholder_that_ended() throws Exception {
        Mark mark = new Mark(7, 51, 1);
        JobRecord ended = ran(mark);
        assertThat(ended.mark()).contains(mark);
        assertThat(ended.state()).isEqualTo(PlaceholderState.COMPLETED);
        assertThat(ended.extra()).as("AccountingStoreFlags=job_extra").isEqualTo(NOTE);
        assertThat(ended.adminComment()).as("jobcomp.lua").isEqualTo(NOTE);
        assertThat(ended.allocated()).isEqualTo(new Resources(4, 2304, 0, 1));
        assertThat(ended.account()).isEqualTo("p7");
        assertThat(ended.wckey()).isEqualTo("m1");
        assertThat(ended.elapsedSeconds())
                .isEqualTo(Duration.between(
                                ended.started().orElseThrow(), ended.ended().orElseThrow())
                        .toSeconds());
        assertThat(accounting.note(ended.job(), ended.submitted(), NOTE))
                .as("too late")
                .isInstanceOf(Booking.Refused.class);
        assertThat(slurm.gate().resolve("usage")).isNotEmptyDirectory();
        accounting.forgetNote(ended.job(), ended.submitted());
        assertThat(slurm.gate().resolve("usage")).isEmptyDirectory();
        Instant from = ended.submitted().minus(30, ChronoUnit.HOURS);
        assertThat(accounting.records("p7", from, Instant.now().plusSeconds(60)))
                .isInstanceOfSatisfying(
                        Records.Seen.class,
                        seen -> assertThat(seen.jobs())
                                .contains(ended)
                                .allMatch(job -> job.account().equals("p7")));
        assertThat(accounting.records("p7", from, from.plusSeconds(3600))).isEqualTo(new Records.Seen(List.of()));
        assertThat(accounting.records(999_999)).isEqualTo(new Records.Seen(List.of()));
    }

    @Test
    @Order(6)
    void a_record_is_corrected_where_slurm_can_and_sreport_follows() throws Exception {
        boolean can = line == SlurmLine.SLURM_26_05;
        if (!can) {
            assertThat(accounting.adjusts())
                    .isInstanceOfSatisfying(
                            Booking.Refused.class,
                            refused -> assertThat(refused.why()).contains("older than 26.05"));
            return;
        }
        assertThat(accounting.adjusts()).isEqualTo(new Booking.Done());
        JobRecord ended = ran(new Mark(7, 52, 1));
        assertThat(accounting.adjust(ended.job(), ended.submitted().minusSeconds(1), 3, 100))
                .as("another job of the same id")
                .isInstanceOf(Booking.Refused.class);
        assertThat(accounting.adjust(ended.job(), ended.submitted(), 3, 100)).isEqualTo(new Booking.Done());
        JobRecord corrected = record(ended.job()).orElseThrow();
        assertThat(corrected.allocated()).isEqualTo(new Resources(3, 100, 0, 1));
        assertThat(corrected.elapsedSeconds()).isEqualTo(ended.elapsedSeconds());
        assertThat(reported()).isEqualTo(3 * ended.elapsedSeconds());
        assertThat(accounting.adjust(999_999, ended.submitted(), 3, 100)).isInstanceOf(Booking.Refused.class);
    }

    @Test
    @Order(7)
    void a_removed_project_leaves_its_records_and_nothing_of_it_is_removed_while_it_runs() throws Exception {
        assertThat(accounting.openAccount("p44", "cloister", "project-44")).isEqualTo(new Booking.Done());
        assertThat(accounting.openWckey("m44")).isEqualTo(new Booking.Done());
        Mark mark = new Mark(44, 1, 1);
        Placeholder running = runs(mark, "p44", "m44");
        Booking early = accounting.closeAccount("p44", "project-44");
        assertThat(early).isNotInstanceOf(Booking.Done.class);
        assertThat(associations("p44").lines()).hasSize(2);
        assertThat(bridge.placeholders().end(running.job(), mark)).isEqualTo(new Ending.Ended());
        JobRecord ended = await(
                "its end in slurmdbd",
                () -> record(running.job()).filter(now -> now.state().terminal()));

        assertThat(accounting.closeAccount("p44", "project-44")).isEqualTo(new Booking.Done());
        assertThat(accounting.closeWckey("m44")).isEqualTo(new Booking.Done());
        assertThat(associations("p44")).isEmpty();
        assertThat(sacctmgr("wckey", "where", "wckey=m44", "format=wckey,user")).isEmpty();
        assertThat(record(running.job())).contains(ended);
        assertThat(accounting.records(
                        "p44", ended.submitted().minusSeconds(60), Instant.now().plusSeconds(60)))
                .isEqualTo(new Records.Seen(List.of(ended)));
        assertThat(accounting.closeAccount("p44", "project-44"))
                .as("once more, after a crash say")
                .isEqualTo(new Booking.Done());
    }

    /**
     * Core-seconds of p7 by sreport, which sees whole past hours only: everything is made to have happened three hours ago,
     * the earlier jobs a week ago, and slurmdbd rolls up.
     */
    private static long reported() throws IOException, InterruptedException {
        sql("update test_event_table set time_start=time_start-864000; update cluster_table set"
                + " creation_time=creation_time-864000; update test_job_table set time_submit=time_submit-604800,"
                + "time_eligible=time_eligible-604800,time_start=time_start-604800,time_end=time_end-604800 where"
                + " time_start>0 and id_job<"
                + "(select * from (select max(id_job) from test_job_table) as t); update test_job_table set"
                + " time_submit=time_submit-10800,time_eligible=time_eligible-10800,time_start=time_start-10800,"
                + "time_end=time_end-10800 where id_job=(select * from (select max(id_job) from test_job_table) as t)");
        Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
        slurm.run("sacctmgr", "-iQ", "roll", slurmTime(hour.minus(6, ChronoUnit.HOURS)));
        String lines = slurm.run(
                "sreport",
                "-nP",
                "cluster",
                "AccountUtilizationByUser",
                "-t",
                "Seconds",
                "start=" + slurmTime(hour.minus(6, ChronoUnit.HOURS)),
                "end=" + slurmTime(hour),
                "format=Account,Login,Used");
        return lines.lines()
                .filter(text -> text.startsWith("p7||"))
                .mapToLong(text -> Long.parseLong(text.substring(4)))
                .sum();
    }

    private static String slurmTime(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString().replace("Z", "");
    }

    private static void sql(String statements) throws IOException, InterruptedException {
        slurm.run("mariadb", "slurm_acct_db", "-e", statements);
    }
}
