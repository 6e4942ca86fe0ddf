package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.SlurmLine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A slurmctld that dies before it has saved what it took gives the same job id once more. Its folder is put back as it was
 * before the first submission, which is what a slurmctld finds that was killed within seconds, whatever else the machine does.
 */
class ReusedIdIT {
    private static final Mark LOST = new Mark(7, 1, 1);
    private static final Mark NEXT = new Mark(7, 2, 1);
    private static final String UNTIL_UP = "timeout 60 bash -c 'until scontrol ping | grep -q UP; do sleep 0.2; done'";

    @TempDir
    Path folder = Path.of("");

    private static String sh(BridgeScene scene, String script) throws IOException, InterruptedException {
        return scene.slurm.run("bash", "-euc", script).strip();
    }

    @ParameterizedTest
    @EnumSource
    void a_placeholder_that_was_given_the_id_of_a_lost_one_is_told_from_it_and_left_alone(SlurmLine line)
            throws Exception {
        try (BridgeScene scene = new BridgeScene(line, folder)) {
            Placeholders placeholders = scene.placeholders();
            // 26.05 does not start from a folder in which it has never saved everything, as it does when it is stopped.
            sh(scene, """
                    pid=$(cat /run/slurm/slurmctld.pid)
                    kill $pid
                    timeout 60 tail --pid $pid -f /dev/null
                    cp -a /var/lib/slurm/slurmctld /var/lib/slurm/before
                    slurmctld
                    """ + UNTIL_UP);
            long job = scene.place(BridgeScene.request(LOST, 1, 1, false));
            scene.untilListed(LOST, one -> one.job() == job);
            sh(scene, """
                    kill -9 $(cat /run/slurm/slurmctld.pid)
                    rm -rf /var/lib/slurm/slurmctld /var/spool/cloister/gate/asked/*
                    mv /var/lib/slurm/before /var/lib/slurm/slurmctld
                    slurmctld
                    """ + UNTIL_UP);
            long again = BridgeScene.await(
                    "a submission that is taken",
                    () -> placeholders.submit(BridgeScene.request(NEXT, 1, 1, false))
                                    instanceof Submission.Placed(long placed)
                            ? Optional.of(placed)
                            : Optional.empty());
            assertThat(again).as("the id is given once more").isEqualTo(job);

            assertThat(placeholders.observe(job, LOST)).isEqualTo(new Lookup.Absent());
            assertThat(scene.untilListed(NEXT, one -> true).job()).isEqualTo(job);
            assertThat(scene.listed()).extracting(Placeholder::mark).containsExactly(NEXT);
            assertThat(placeholders.cancel(job, LOST)).isEqualTo(new Ending.AlreadyGone());
            scene.bridge.gate().go(scene.atTheGate(job));
            Placeholder running = scene.until(job, NEXT, one -> one.state() == PlaceholderState.RUNNING);

            assertThat(placeholders.end(job, LOST)).isEqualTo(new Ending.AlreadyGone());
            assertThat(placeholders.cancel(job, LOST)).isEqualTo(new Ending.AlreadyGone());
            assertThat(placeholders.shrink(job, LOST, Set.of("vmh1"))).isEqualTo(new Adjustment.AlreadyGone());
            assertThat(placeholders.extend(job, LOST, Duration.ofMinutes(5))).isEqualTo(new Adjustment.AlreadyGone());
            assertThat(scene.until(job, NEXT, one -> true)).isEqualTo(running);

            assertThat(placeholders.cancel(job, NEXT)).isEqualTo(new Ending.Ended());
            scene.until(job, NEXT, one -> one.state() == PlaceholderState.CANCELLED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_placeholder_is_lost_when_slurmctld_is_started_without_its_state(SlurmLine line) throws Exception {
        try (BridgeScene scene = new BridgeScene(line, folder)) {
            long job = scene.place(BridgeScene.request(LOST, 1, 1, false));
            scene.untilListed(LOST, one -> one.job() == job);
            sh(scene, """
                    kill -9 $(cat /run/slurm/slurmctld.pid)
                    rm -rf /var/spool/cloister/gate/asked/* /var/lib/slurm/slurmctld/*
                    slurmctld -c
                    """ + UNTIL_UP);
            System.out.println(
                    line + "\n"
                            + sh(
                                    scene,
                                    "sacct -aDPj " + job
                                            + " -o jobid,state,start,end,elapsed,comment,extra,jobname,submit,derivedexitcode,exitcode,reason"));
            scene.until(job, LOST, one -> one.state() == PlaceholderState.LOST);
        }
    }
}
