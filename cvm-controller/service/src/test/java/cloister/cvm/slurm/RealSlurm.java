package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.WorkerKey;
import cloister.guest.Command;
import cloister.guest.Commands;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
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
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.images.builder.Transferable;

/** A real slurmctld with the controller's own configuration, and slurmds as its workers, for the tests of a class. */
abstract class RealSlurm {
    static final Policy POLICY = Samples.withGpus(8);
    static final WorkerKey WORKER = new WorkerKey(1, 1);
    static final WorkerKey OTHER = new WorkerKey(2, 1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final GenericContainer<?> CONTAINER = container();

    final LocalSlurm slurm = new LocalSlurm(inContainer(), Duration.ofSeconds(30));

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
                .withCopyToContainer(Transferable.of(SlurmConf.gresConf()), "/etc/slurm/gres.conf")
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
        return SlurmConf.slurmConf(POLICY, Samples.members(), "@ADDRESS@", 1)
                .replace("proctrack/cgroup", "proctrack/linuxproc")
                .replace("task/cgroup,task/affinity", "task/none")
                .replace("jobacct_gather/cgroup", "jobacct_gather/linux")
                // Two workers share the container.
                .replace("SlurmdSpoolDir=/var/spool/slurmd", "SlurmdSpoolDir=/var/spool/slurmd/%n")
                .replace("SlurmdPidFile=/run/slurmd.pid", "SlurmdPidFile=/run/slurmd-%n.pid")
                .replace("Prolog=/usr/lib/cloister/job-names\n", "")
                .replace("AccountingStorageType=accounting_storage/slurmdbd\n", "")
                .replace("AccountingStorageHost=localhost\n", "")
                .replace("AccountingStorageEnforce=associations\n", "");
    }

    private static String resource(String name) {
        String path = name.startsWith("/") ? name : "/slurm-it/" + name;
        try (InputStream in = Objects.requireNonNull(RealSlurm.class.getResourceAsStream(path), path)) {
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
        slurm.unfence(WORKER);
        for (WorkerKey worker : List.of(WORKER, OTHER)) {
            slurm.down(worker);
            until(
                    "the node is forgotten",
                    () -> slurm.delete(worker)
                            || slurm.nodes().stream()
                                    .noneMatch(node -> node.worker().equals(worker)));
        }
        until("the queue is empty", () -> run("squeue", "-h").getStdout().isBlank());
    }

    static ExecResult run(String... command) throws IOException, InterruptedException {
        return CONTAINER.execInContainer(command);
    }

    static int submit(String... options) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("sbatch", "--parsable", "-D", "/tmp"));
        line.addAll(List.of(options));
        ExecResult result = run(asAlice(line.toArray(String[]::new)));
        assertThat(result.getExitCode()).as(result.getStderr()).isZero();
        return Integer.parseInt(result.getStdout().strip());
    }

    static void worker() throws IOException, InterruptedException {
        worker(WORKER, "");
    }

    /** As the worker's controller does: all names of gres.conf are there, and two of them lead to devices, here to stand-ins. */
    static void worker(WorkerKey key, String more) throws IOException, InterruptedException {
        ExecResult started = run(
                "bash",
                "-c",
                "mkdir -p /run/cloister/gpu /var/spool/slurmd/$0; touch /run/cloister/gpu/{a,b,c}{0..15};"
                        + " ln -sf /dev/null /run/cloister/gpu/a0; ln -sf /dev/zero /run/cloister/gpu/a1;"
                        + " slurmd -Z -N $0 --conf-server $(hostname -i):6817 --conf \"CPUs=2 RealMemory=1000 $1\""
                        + " --instance-id l${0#w}",
                key.node(),
                more);
        assertThat(started.getExitCode()).as(started.getStderr()).isZero();
    }

    static void until(String what, Callable<Boolean> holds) throws Exception {
        Instant end = Instant.now().plus(PATIENCE);
        while (!holds.call()) {
            assertThat(Instant.now()).as(what).isBefore(end);
            Thread.sleep(200);
        }
    }

    Optional<PendingJob> pending(int job) throws Exception {
        return slurm.pending().stream().filter(one -> one.job() == job).findFirst();
    }

    boolean node(NodeState state) throws Exception {
        return slurm.nodes().stream().anyMatch(node -> node.worker().equals(WORKER) && node.state() == state);
    }

    static String[] asAlice(String... command) {
        List<String> line = new ArrayList<>(List.of("setpriv", "--reuid=5001", "--regid=5001", "--clear-groups"));
        line.addAll(List.of(command));
        return line.toArray(String[]::new);
    }
}
