package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.cvm.demand.Need;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.WorkerKey;
import cloister.guest.Command;
import cloister.guest.Commands;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.images.builder.Transferable;

/** The commands and the configuration against a real slurmctld and slurmd. */
class LocalSlurmIT {
    private static final Policy POLICY = Samples.policy(8, true);
    private static final WorkerKey WORKER = new WorkerKey(1, 1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final GenericContainer<?> CONTAINER = container();

    private final LocalSlurm slurm = new LocalSlurm(inContainer(), Duration.ofSeconds(30));

    private static GenericContainer<?> container() {
        return new GenericContainer<>(new ImageFromDockerfile("cloister-test/slurm", false)
                        .withFileFromTransferable("Dockerfile", Transferable.of(resource("Dockerfile")))
                        .withBuildImageCmdModifier(build -> build.withNetworkMode("host")))
                .withCreateContainerCmdModifier(create -> create.withHostName("cvm")
                        .withName("cloister-it-local-slurm-"
                                + ProcessHandle.current().pid()))
                .withCopyToContainer(Transferable.of(resource("start"), 0755), "/start")
                .withCopyToContainer(Transferable.of(configuration()), "/etc/slurm/slurm.conf")
                .withCopyToContainer(Transferable.of("CgroupPlugin=disabled\n"), "/etc/slurm/cgroup.conf")
                .withCopyToContainer(Transferable.of(Cluster.limitsLua(POLICY)), "/etc/slurm/cloister-limits.lua")
                .withCopyToContainer(
                        Transferable.of(resource("/cloister/cvm/slurm/job_submit.lua")), "/etc/slurm/job_submit.lua")
                // It was built a moment ago; nobody else has it.
                .withImagePullPolicy(_ -> false)
                .withCommand("/start")
                .waitingFor(Wait.forLogMessage("READY\\n", 1).withStartupTimeout(Duration.ofMinutes(3)));
    }

    /** The controller's own, without what a container has not: groups of its own, the guest's Prolog, and accounting. */
    private static String configuration() {
        return SlurmConf.slurmConf(POLICY, "@ADDRESS@", 1)
                .replace("proctrack/cgroup", "proctrack/linuxproc")
                .replace("task/cgroup,task/affinity", "task/none")
                .replace("jobacct_gather/cgroup", "jobacct_gather/linux")
                .replace("Prolog=/usr/lib/cloister/job-names\n", "")
                .replace("AccountingStorageType=accounting_storage/slurmdbd\n", "")
                .replace("AccountingStorageHost=localhost\n", "")
                .replace("AccountingStorageEnforce=associations\n", "");
    }

    private static String resource(String name) {
        String path = name.startsWith("/") ? name : "/slurm-it/" + name;
        try (InputStream in = Objects.requireNonNull(LocalSlurmIT.class.getResourceAsStream(path), path)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("the test has no " + path, e);
        }
    }

    private static Commands inContainer() {
        return (Command command) -> {
            List<String> line = new ArrayList<>(List.of("env"));
            command.environment().forEach((name, value) -> line.add(name + "=" + value));
            line.addAll(command.arguments());
            ExecResult result = CONTAINER.execInContainer(line.toArray(String[]::new));
            return new Commands.Outcome.Finished(result.getExitCode(), result.getStdout(), result.getStderr());
        };
    }

    @BeforeAll
    static void start() {
        CONTAINER.start();
    }

    @AfterAll
    static void stop() {
        CONTAINER.stop();
    }

    @AfterEach
    void empty() throws Exception {
        run("scancel", "-u", "alice");
        run("pkill", "-9", "slurmd");
        slurm.down(WORKER);
        slurm.unfence(WORKER);
        until(
                "the node is forgotten",
                () -> slurm.delete(WORKER) || slurm.nodes().isEmpty());
        until("the queue is empty", () -> run("squeue", "-h").getStdout().isBlank());
    }

    private static ExecResult run(String... command) throws IOException, InterruptedException {
        return CONTAINER.execInContainer(command);
    }

    private static int submit(String... options) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("sbatch", "--parsable", "-D", "/tmp"));
        line.addAll(List.of(options));
        ExecResult result = run(asAlice(line.toArray(String[]::new)));
        assertThat(result.getExitCode()).as(result.getStderr()).isZero();
        return Integer.parseInt(result.getStdout().strip());
    }

    private static void worker() throws IOException, InterruptedException {
        ExecResult started = run(
                "sh",
                "-c",
                "mkdir -p /var/spool/slurmd; slurmd -Z -N w1-1 --conf-server $(hostname -i):6817"
                        + " --conf 'CPUs=2 RealMemory=1000' --instance-id l1-1");
        assertThat(started.getExitCode()).as(started.getStderr()).isZero();
    }

    private static void until(String what, Callable<Boolean> holds) throws Exception {
        Instant end = Instant.now().plus(PATIENCE);
        while (!holds.call()) {
            assertThat(Instant.now()).as(what).isBefore(end);
            Thread.sleep(200);
        }
    }

    private Optional<PendingJob> pending(int job) throws Exception {
        return slurm.pending().stream().filter(one -> one.job() == job).findFirst();
    }

    private boolean node(NodeState state) throws Exception {
        return slurm.nodes().stream().anyMatch(node -> node.worker().equals(WORKER) && node.state() == state);
    }

    @Test
    void jobs_wait_for_workers_that_do_not_exist_yet_and_are_read_as_what_they_ask() throws Exception {
        int two = submit("-N2", "--spread-job", "--tmp=300", "-t", "10", "--mem=500", "--wrap", "true");
        int array = submit("-a", "1-20%4", "-c", "2", "-t", "5", "--wrap", "true");
        int held = submit("--hold", "-t", "5", "--wrap", "true");
        until(
                "Slurm has looked at them",
                () -> pending(two).isPresent() && pending(array).isPresent());

        PendingJob waits = pending(two).orElseThrow();
        assertThat(waits.nodes()).isEqualTo(2);
        assertThat(waits.spread()).isTrue();
        assertThat(waits.tmpMiB()).isEqualTo(300);
        assertThat(waits.memPerNodeMiB()).isEqualTo(500);
        assertThat(waits.limitMin()).isEqualTo(10);
        assertThat(waits.user()).isEqualTo(5001);
        assertThat(waits.eligible(Instant.now().getEpochSecond() + 5)).isTrue();
        assertThat(pending(array).orElseThrow().arrayTasks()).isEqualTo(4);
        assertThat(pending(array).orElseThrow().spread()).isFalse();
        assertThat(pending(held).orElseThrow().eligible(Instant.now().getEpochSecond() + 5))
                .isFalse();
        assertThat(slurm.nodes()).isEmpty();
    }

    @Test
    void what_no_worker_could_hold_is_refused_at_once_in_words() throws Exception {
        ExecResult refused = run(asAlice("sbatch", "-c", "5", "--wrap", "true"));

        assertThat(refused.getExitCode()).isNotZero();
        assertThat(refused.getStderr()).contains("The largest worker has 4 CPUs");
    }

    @Test
    void what_picks_nodes_is_refused_in_words() throws Exception {
        for (String option : List.of(
                "--nodelist=w1-1",
                "--constraint=fast",
                "--prefer=fast",
                "--batch=fast",
                "--reservation=end-w1-1",
                "--gpus=1",
                "--licenses=matlab")) {
            ExecResult refused = run(asAlice("sbatch", option, "--wrap", "true"));
            assertThat(refused.getExitCode()).as(option).isNotZero();
            assertThat(refused.getStderr()).as(option).contains("and workers here have none");
        }
    }

    @Test
    void a_plain_squeue_shows_what_a_job_waits_for_and_one_with_options_shows_what_they_ask() throws Exception {
        int job = submit("-t", "5", "--wrap", "true");
        until("Slurm has looked at it", () -> pending(job).isPresent());
        assertThat(squeue()).as("nobody was told anything yet").doesNotContain("(null)");
        int over = submit("-t", "5", "--wrap", "true");
        int other = submit("-t", "5", "--wrap", "true");
        run("scancel", Integer.toString(over));
        assertThat(slurm.tell(List.of(over, job, other), "cloister: it waits for 2 workers"))
                .as("not all of them")
                .isFalse();
        assertThat(slurm.tell(List.of(job, other), "cloister: it waits for 2 workers"))
                .isTrue();
        run("scancel", Integer.toString(other));
        assertThat(squeue())
                .contains(Integer.toString(job), "PD", "cloister: it waits for 2 workers")
                .doesNotContain("(null)");
        assertThat(squeue("-h", "-o", "%i").strip()).isEqualTo(Integer.toString(job));
        assertThat(squeue("-h", "-O", "JobID:1").strip()).doesNotContain("cloister");
        assertThat(slurm.tell(List.of(job), "")).isTrue();
        assertThat(squeue()).doesNotContain("cloister:", "(null)");
    }

    /** As in a session over ssh: with what the CVM's sshd puts into the environment. */
    private static String squeue(String... options) throws IOException, InterruptedException {
        String format = Files.readAllLines(Path.of("../../compose/guest/root/etc/ssh/sshd_config")).stream()
                .filter(line -> line.startsWith("SetEnv \"SQUEUE_FORMAT2="))
                .map(line -> line.substring("SetEnv \"".length(), line.length() - 1))
                .findFirst()
                .orElseThrow();
        List<String> line = new ArrayList<>(List.of("env", format, "squeue"));
        line.addAll(List.of(options));
        ExecResult result = run(asAlice(line.toArray(String[]::new)));
        assertThat(result.getExitCode()).as(result.getStderr()).isZero();
        return result.getStdout();
    }

    private static String[] asAlice(String... command) {
        List<String> line = new ArrayList<>(List.of("setpriv", "--reuid=5001", "--regid=5001", "--clear-groups"));
        line.addAll(List.of(command));
        return line.toArray(String[]::new);
    }

    @Test
    void a_worker_comes_works_and_goes() throws Exception {
        int job = submit("-t", "5", "--wrap", "sleep 600");
        worker();
        until("the job runs", () -> node(NodeState.BUSY));
        assertThat(pending(job)).isEmpty();
        assertThat(slurm.delete(WORKER)).as("a node with a job is not let go").isFalse();
        assertThat(slurm.drain(WORKER)).isTrue();
        assertThat(node(NodeState.DRAINING)).isTrue();
        assertThat(slurm.resume(WORKER)).isTrue();

        run("scancel", Integer.toString(job));
        until("the node is free", () -> node(NodeState.FREE));
        Node free = slurm.nodes().getFirst();
        assertThat(free.free()).isEqualTo(new Need(2, 1000));
        assertThat(free.lastBusy()).isPositive();
        assertThat(slurm.drain(WORKER)).isTrue();
        assertThat(node(NodeState.DRAINED)).isTrue();
        assertThat(slurm.delete(WORKER)).isTrue();
        assertThat(slurm.nodes()).isEmpty();
        assertThat(slurm.delete(WORKER)).isFalse();
    }

    @Test
    void a_job_that_could_not_end_before_the_fence_does_not_start_and_a_shorter_one_does() throws Exception {
        worker();
        until("the worker is there", () -> node(NodeState.FREE));
        assertThat(slurm.fence(WORKER, Instant.now().plus(Duration.ofMinutes(20))))
                .isTrue();
        assertThat(slurm.fence(WORKER, Instant.now().plus(Duration.ofMinutes(20))))
                .as("it can be moved")
                .isTrue();
        int lengthy = submit("-t", "30", "--wrap", "true");
        int brief = submit("-t", "10", "--wrap", "true");

        until("the brief one is done", () -> pending(brief).isEmpty());
        assertThat(pending(lengthy)).isPresent();
        assertThat(slurm.unfence(WORKER)).isTrue();
        until(
                "the lengthy one starts when the fence is gone",
                () -> pending(lengthy).isEmpty());
    }

    @Test
    void a_lost_workers_job_is_requeued_and_can_be_hurried() throws Exception {
        int job = submit("-t", "5", "--wrap", "sleep 600");
        worker();
        until("the job runs", () -> node(NodeState.BUSY));
        assertThat(slurm.down(WORKER)).isTrue();
        until(
                "the job waits again",
                () -> pending(job).map(PendingJob::waitsAfterRequeue).orElse(false));
        assertThat(pending(job).orElseThrow().restarts()).isEqualTo(1);

        // Again, as the controller does: Slurm may set the delay after we took it away.
        until(
                "it may start at once",
                () -> slurm.startNow(job)
                        && pending(job)
                                .map(one -> one.eligible(Instant.now().getEpochSecond() + 1))
                                .orElse(false));
    }
}
