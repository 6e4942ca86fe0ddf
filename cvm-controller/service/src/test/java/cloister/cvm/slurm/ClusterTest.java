package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.Members;
import cloister.cvm.demand.Samples;
import cloister.guest.Command;
import cloister.guest.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterTest {
    /** Notes what it is to run, and answers as it was told. */
    private static final class Played implements Commands {
        private final List<String> lines = new ArrayList<>();
        private final Map<String, String> answers = new HashMap<>();
        private int refusals;

        @Override
        public Outcome run(Command command) {
            String line = String.join(" ", command.arguments());
            lines.add(line);
            if (line.contains(" up ") && refusals > 0) {
                refusals--;
                return new Outcome.Finished(1, "", "no supervisor yet");
            }
            return new Outcome.Finished(0, answers.getOrDefault(line, ""), "");
        }
    }

    @TempDir
    private Path root = Path.of("");

    private final Played commands = new Played();
    private Cluster cluster = new Cluster(commands, root, Duration.ofSeconds(10));

    @BeforeEach
    void a_machine_with_its_data_volume() throws IOException {
        cluster = new Cluster(commands, root, Duration.ofSeconds(10));
        Files.createDirectories(root.resolve("data/slurm"));
    }

    @Test
    void the_key_is_made_once_and_for_slurm_alone() throws Exception {
        byte[] first = cluster.key();
        byte[] second = cluster.key();

        assertThat(first).hasSize(1024).isEqualTo(second);
        assertThat(Files.getPosixFilePermissions(root.resolve("etc/slurm/slurm.key")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(commands.lines).contains("chown slurm:slurm " + root.resolve("etc/slurm/slurm.key"));
    }

    @Test
    void files_are_written_when_they_change_and_not_else() throws IOException {
        assertThat(cluster.configure(Samples.policy(8, true), Samples.members(), "10.99.0.1", 1))
                .isTrue();
        assertThat(cluster.configure(Samples.policy(8, true), Samples.members(), "10.99.0.1", 1))
                .isFalse();
        assertThat(cluster.configure(Samples.policy(4, true), Samples.members(), "10.99.0.1", 1))
                .isTrue();
        assertThat(root.resolve("etc/slurm/job_submit.lua")).content().contains("slurm_job_submit");
    }

    @Test
    void only_what_the_accounting_does_not_know_is_added() throws Exception {
        commands.answers.put("sacctmgr -n -P show cluster format=cluster", "cloister\n");
        commands.answers.put(
                "sacctmgr -n -P show assoc format=cluster,account,user",
                "cloister|root|\ncloister|root|root\ncloister|project|\ncloister|project|alice\n");
        cluster.account(new Members(
                1,
                List.of(
                        new Members.Member(1, "alice", 5001, List.of()),
                        new Members.Member(2, "bob", 5002, List.of()))));

        assertThat(commands.lines.stream().filter(line -> line.contains(" add ")))
                .containsExactly("sacctmgr -i add user bob account=project cluster=cloister");
    }

    @Test
    void everything_is_added_to_an_accounting_that_is_new() throws Exception {
        cluster.account(new Members(1, List.of(new Members.Member(1, "alice", 5001, List.of()))));

        assertThat(commands.lines.stream().filter(line -> line.contains(" add ")))
                .containsExactly(
                        "sacctmgr -i add cluster cloister",
                        "sacctmgr -i add account project cluster=cloister",
                        "sacctmgr -i add user alice account=project cluster=cloister");
    }

    @Test
    void what_slurmctld_keeps_is_synced_before_anything_runs() throws Exception {
        cluster.key();
        cluster.startAccounting();

        assertThat(commands.lines)
                .containsSubsequence("chattr -R +S " + root.resolve("data/slurm/state"), "sv -w 10 up mariadb");
    }

    @Test
    void a_service_whose_supervisor_is_not_there_yet_is_waited_for() throws Exception {
        commands.refusals = 2;
        cluster.up("sshd");

        assertThat(commands.lines)
                .containsExactly("sv -w 10 up sshd", "sv -w 10 up sshd", "sv -w 10 up sshd", "sv -w 10 check sshd");
    }
}
