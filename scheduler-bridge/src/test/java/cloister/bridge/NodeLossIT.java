package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.SlurmLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

/** Hosts whose slurmd is killed under a placeholder, in a real Slurm of each line. */
@ParameterizedClass
@EnumSource
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NodeLossIT {
    /**
     * That a host answered slurmctld notes when those asked with it have, too, and for a dead one it waits MessageTimeout: with a
     * SlurmdTimeout that is hardly longer it gives up living ones as well.
     */
    private static final String CONF =
            "SlurmdTimeout=25\nMessageTimeout=5\nEpilog=/etc/slurm/epilog\nSlurmctldDebug=debug\n";

    private static final String EPILOG =
            "#!/bin/sh\necho \"$SLURMD_NODENAME $SLURM_JOB_ID $SLURM_JOB_COMMENT\" >> /run/epilogs\n";

    @TempDir
    static Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static BridgeScene scene;

    @Parameter
    @SuppressWarnings("NullAway.Init")
    SlurmLine line;

    @BeforeParameterizedClassInvocation
    static void start(SlurmLine line) throws Exception {
        scene = new BridgeScene(
                line,
                Files.createDirectory(folder.resolve(line.number())),
                conf -> conf + CONF,
                Map.of("epilog", EPILOG));
        sh("chmod 755 /etc/slurm/epilog; touch /run/epilogs");
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        if (scene != null) scene.close();
    }

    private static String sh(String script) throws IOException, InterruptedException {
        return scene.slurm.run("bash", "-euc", script).strip();
    }

    private static long run(Mark mark, boolean outlivesHosts) throws Exception {
        return scene.run(new PlaceholderRequest(
                mark,
                "p7",
                "m1",
                2,
                4,
                2304 * 4,
                Duration.ofMinutes(20),
                true,
                Optional.empty(),
                Optional.empty(),
                outlivesHosts));
    }

    private static void kill(String host) throws Exception {
        sh("kill -9 $(cat /run/slurm/slurmd." + host + ".pid)");
        BridgeScene.await(
                host + " to be silent",
                () -> scene.bridge.hosts().of(host) instanceof HostState.Silent ? Optional.of(true) : Optional.empty());
    }

    private static void givenUp(String host) throws Exception {
        BridgeScene.await(
                host + " to be given up",
                () -> scene.bridge.hosts().of(host) instanceof HostState.Silent(String words) && words.contains("DOWN")
                        ? Optional.of(true)
                        : Optional.empty());
    }

    private static void back(String host) throws Exception {
        sh("slurmd -N " + host);
        BridgeScene.await(
                host + " to serve",
                () -> scene.bridge.hosts().of(host).equals(new HostState.Serving())
                        ? Optional.of(true)
                        : Optional.empty());
    }

    private static void ended(long job, Mark mark) throws Exception {
        scene.cancel(job, mark);
        BridgeScene.await(
                "idle hosts",
                () -> sh("sinfo -h -p batch -o '%D %T'").equals("2 idle") ? Optional.of(true) : Optional.empty());
    }

    @Test
    @Order(1)
    void a_placeholder_goes_on_without_the_host_that_slurm_gives_up() throws Exception {
        assertThat(scene.bridge.hosts().of("vmh2")).isEqualTo(new HostState.Serving());
        assertThat(scene.bridge.hosts().of("vmh9")).isInstanceOf(HostState.Unknown.class);
        Mark mark = new Mark(7, 1, 1);
        long job = run(mark, true);
        kill("vmh2");
        Placeholder less = scene.untilListed(mark, one -> one.shares().size() == 1);
        assertThat(less.state()).isEqualTo(PlaceholderState.RUNNING);
        assertThat(less.shares()).containsExactly(new Share("vmh1", 1));
        // It comes back: nothing of the placeholder is known there, so no epilog sees to what lives.
        back("vmh2");
        assertThat(sh("grep -c vmh2 /run/epilogs || true")).isEqualTo("0");
        assertThat(scene.placeholders().end(job, mark)).isEqualTo(new Ending.Ended());
        assertThat(scene.until(job, mark, one -> one.state().terminal()).state())
                .isEqualTo(PlaceholderState.COMPLETED);
        assertThat(sh("sort -u /run/epilogs")).isEqualTo("vmh1 " + job + " " + mark.comment());
    }

    @Test
    @Order(2)
    void we_give_a_silent_host_back_before_slurm_does() throws Exception {
        Mark mark = new Mark(7, 2, 1);
        // Slurm would end this one for a host that it gives up.
        long job = run(mark, false);
        kill("vmh2");
        assertThat(scene.placeholders().shrink(job, mark, Set.of("vmh1"))).isEqualTo(new Adjustment.Done());
        givenUp("vmh2");
        assertThat(scene.untilListed(mark, one -> one.shares().size() == 1).state())
                .isEqualTo(PlaceholderState.RUNNING);
        back("vmh2");
        assertThat(scene.until(job, mark, one -> true).state()).isEqualTo(PlaceholderState.RUNNING);
        ended(job, mark);
    }

    @Test
    @Order(3)
    void one_that_does_not_outlive_its_hosts_ends_as_node_fail() throws Exception {
        Mark mark = new Mark(7, 3, 1);
        long job = run(mark, false);
        kill("vmh2");
        assertThat(scene.untilListed(mark, one -> one.end().isPresent()).end()).contains(PlaceholderState.NODE_FAIL);
        assertThat(job).isPositive();
        back("vmh2");
    }

    @Test
    @Order(4)
    void without_its_first_host_it_goes_on_too_and_is_cancelled_where_no_signal_reaches_it() throws Exception {
        Mark mark = new Mark(7, 4, 1);
        long job = run(mark, true);
        kill("vmh1");
        Placeholder less = scene.untilListed(mark, one -> one.shares().size() == 1);
        assertThat(less.shares()).containsExactly(new Share("vmh2", 1));
        assertThat(less.state()).isEqualTo(PlaceholderState.RUNNING);
        System.err.println(
                "MEASURED end without first host: " + scene.placeholders().end(job, mark));
        assertThat(scene.placeholders().cancel(job, mark)).isEqualTo(new Ending.Ended());
        System.err.println("MEASURED state: "
                + scene.until(job, mark, one -> one.state().terminal()).state());
        back("vmh1");
        System.err.println("MEASURED epilogs: " + sh("cat /run/epilogs"));
        System.err.println("MEASURED procs: " + sh("ps ax -o args | grep -c '[s]leep 1000' || true"));
    }
}
