package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.SlurmLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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

/** A partition of others takes the hosts of placeholders, in a real Slurm of each line. A file stands for a machine on them. */
@ParameterizedClass
@EnumSource
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PreemptionIT {
    private static final Duration GRACE = Duration.ofSeconds(20);
    private static final String MACHINE = "/run/machine";
    private static final String LATE = "the Epilog still waits";

    @TempDir
    static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static BridgeScene scene;

    @Parameter
    @SuppressWarnings("NullAway.Init")
    SlurmLine line;

    @BeforeParameterizedClassInvocation
    static void start(SlurmLine line) throws Exception {
        scene = new BridgeScene(line, Files.createDirectory(folder.resolve(line.number())));
        sh("""
            printf '#!/bin/sh\\nwhile [ -e %s ]; do sleep 0.1; done\\n' > /etc/slurm/epilog && chmod 755 /etc/slurm/epilog
            sed -i 's/^PartitionName=batch.*/& PriorityTier=1 PreemptMode=CANCEL GraceTime=%d/' /etc/slurm/slurm.conf
            cat >> /etc/slurm/slurm.conf <<'END'
            PartitionName=urgent Nodes=vmh[1-2] PriorityTier=10 PreemptMode=OFF MaxTime=1-0 State=UP
            PreemptType=preempt/partition_prio
            PreemptMode=CANCEL
            PreemptParameters=send_user_signal
            SlurmdDebug=debug
            Epilog=/etc/slurm/epilog
            END
            sed -i 's/{ backend_uids/{ partitions = { "batch" }, backend_uids/' /etc/slurm/cloister.lua
            sacctmgr -iQ add user root WCKey=urgent
            scontrol reconfigure
            """.formatted(MACHINE, GRACE.toSeconds()));
        BridgeScene.await(
                "the new partition",
                () -> sh("sinfo -h -p urgent -o '%D %T'").equals("2 idle") ? Optional.of(true) : Optional.empty());
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        if (scene != null) scene.close();
    }

    private static String sh(String script) throws IOException, InterruptedException {
        return scene.slurm.run("bash", "-euc", script).strip();
    }

    /** Two workers that fill both hosts. */
    private static long placeholder(Mark mark) throws Exception {
        return scene.run(new PlaceholderRequest(
                mark, "p7", "m1", 2, 16, 2304 * 16, Duration.ofMinutes(30), true, Optional.of(Duration.ofMinutes(2))));
    }

    /** What another user of the cluster submits where placeholders make way; it takes both hosts. */
    private static String urgent() throws IOException, InterruptedException {
        return sh("cd /tmp && sbatch --parsable -p urgent -A root --wckey=urgent -N 2 --exclusive -t 5"
                + " -o /dev/null --wrap 'sleep 1'");
    }

    private static String state(String job) throws IOException, InterruptedException {
        return sh("squeue -h -j " + job + " -o %T");
    }

    private static String recorded(long job) throws Exception {
        return BridgeScene.await(
                "slurmdbd's record of " + job,
                () -> Optional.of(sh("sacct -nPX -j " + job + " -o state"))
                        .filter(state -> !state.equals("RUNNING") && !state.isEmpty()));
    }

    private static void over(String job) throws Exception {
        BridgeScene.await(
                "the end of job " + job,
                () -> state(job).isEmpty() || state(job).equals("COMPLETED") ? Optional.of(true) : Optional.empty());
        BridgeScene.await(
                "idle hosts",
                () -> sh("sinfo -h -p batch -o '%D %T'").equals("2 idle") ? Optional.of(true) : Optional.empty());
    }

    @Test
    @Order(1)
    void it_is_warned_lives_through_the_grace_time_and_its_hosts_wait_for_the_epilog() throws Exception {
        Mark mark = new Mark(7, 1, 1);
        sh("touch " + MACHINE);
        long job = placeholder(mark);
        Instant asked = Instant.now();
        String urgent = urgent();
        Placeholder warned = scene.untilListed(mark, one -> one.preempted().isPresent());
        assertThat(warned.state()).isEqualTo(PlaceholderState.RUNNING);
        assertThat(warned.end()).isEmpty();
        assertThat(warned.preempted().orElseThrow())
                .isBetween(
                        asked.plus(GRACE).minusSeconds(2),
                        Instant.now().plus(GRACE).plusSeconds(2));
        BridgeScene.await(
                "the warning's signal",
                () -> sh("grep -c 'ignal 23 to .*StepId=" + job + "\\b' /var/log/slurm/slurmd.vmh1.log || true")
                                .equals("0")
                        ? Optional.empty()
                        : Optional.of(true));
        assertThat(scene.until(job, mark, one -> true).state()).isEqualTo(PlaceholderState.RUNNING);

        Placeholder taken = scene.untilListed(mark, one -> one.end().isPresent());
        assertThat(Instant.now()).isAfterOrEqualTo(asked.plus(GRACE).minusSeconds(2));
        assertThat(taken.end()).contains(PlaceholderState.PREEMPTED);
        assertThat(taken.state()).as(LATE).isEqualTo(PlaceholderState.COMPLETING);
        // Two passes of the scheduler.
        for (int look = 0; look < 8; look++) {
            assertThat(state(urgent)).as(LATE).isEqualTo("PENDING");
            Thread.sleep(500);
        }
        assertThat(sh("sinfo -h -p batch -o '%D %T'")).as(LATE).isEqualTo("2 completing");
        sh("rm " + MACHINE);
        assertThat(scene.until(job, mark, one -> one.state().terminal()).state())
                .isEqualTo(PlaceholderState.PREEMPTED);
        over(urgent);
        assertThat(recorded(job)).isEqualTo("PREEMPTED");
        assertThat(recorded(Long.parseLong(urgent))).isEqualTo("COMPLETED");
    }

    @Test
    @Order(2)
    void one_that_is_ended_within_the_grace_time_makes_way_at_once() throws Exception {
        Mark mark = new Mark(7, 2, 1);
        long job = placeholder(mark);
        String urgent = urgent();
        scene.untilListed(mark, one -> one.preempted().isPresent());
        Instant ended = Instant.now();
        assertThat(scene.placeholders().end(job, mark)).isEqualTo(new Ending.Ended());
        over(urgent);
        assertThat(Instant.now()).isBefore(ended.plus(GRACE));
        assertThat(List.of("COMPLETED", "PREEMPTED")).contains(recorded(job));
    }

    @Test
    @Order(3)
    void without_a_grace_time_it_is_over_at_once_and_says_why_while_the_hosts_clean_up() throws Exception {
        sh("scontrol update PartitionName=batch GraceTime=0; touch " + MACHINE);
        Mark mark = new Mark(7, 3, 1);
        long job = placeholder(mark);
        String urgent = urgent();
        Placeholder taken = scene.untilListed(mark, one -> one.end().isPresent());
        assertThat(taken.end()).contains(PlaceholderState.PREEMPTED);
        assertThat(taken.state()).as(LATE).isEqualTo(PlaceholderState.COMPLETING);
        assertThat(state(urgent)).as(LATE).isEqualTo("PENDING");
        sh("rm " + MACHINE);
        over(urgent);
        assertThat(recorded(job)).isEqualTo("PREEMPTED");
    }
}
