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
import java.util.concurrent.Callable;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.images.builder.Transferable;

/** A project's own slurmctld in a container, as the controller configures it, and workers' slurmds beside it. */
final class SlurmInContainer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final GenericContainer<?> container;
    private final LocalSlurm slurm = new LocalSlurm(commands(), Duration.ofSeconds(30));

    SlurmInContainer(Policy policy, String name) {
        container = new GenericContainer<>(new ImageFromDockerfile("cloister-test/slurm", false)
                        .withFileFromTransferable("Dockerfile", Transferable.of(resource("Dockerfile")))
                        .withBuildImageCmdModifier(build -> build.withNetworkMode("host")))
                .withCreateContainerCmdModifier(create -> create.withHostName("cvm")
                        .withName("cloister-it-" + name + "-"
                                + ProcessHandle.current().pid()))
                .withCopyToContainer(Transferable.of(resource("start"), 0755), "/start")
                .withCopyToContainer(Transferable.of(configuration(policy)), "/etc/slurm/slurm.conf")
                .withCopyToContainer(Transferable.of("CgroupPlugin=disabled\n"), "/etc/slurm/cgroup.conf")
                .withCopyToContainer(Transferable.of(SlurmConf.gresConf()), "/etc/slurm/gres.conf")
                .withCopyToContainer(Transferable.of(Cluster.limitsLua(policy)), "/etc/slurm/cloister-limits.lua")
                .withCopyToContainer(
                        Transferable.of(resource("/cloister/cvm/slurm/job_submit.lua")), "/etc/slurm/job_submit.lua")
                // It was built a moment ago; nobody else has it.
                .withImagePullPolicy(_ -> false)
                .withCommand("/start")
                .waitingFor(Wait.forLogMessage("READY\\n", 1).withStartupTimeout(Duration.ofMinutes(3)));
    }

    /** The controller's own, without what a container has not: groups of its own, the guest's Prolog, and accounting. */
    private static String configuration(Policy policy) {
        return SlurmConf.slurmConf(policy, Samples.members(), "@ADDRESS@", 1)
                .replace("proctrack/cgroup", "proctrack/linuxproc")
                .replace("task/cgroup,task/affinity", "task/none")
                .replace("jobacct_gather/cgroup", "jobacct_gather/linux")
                .replace("SlurmdSpoolDir=/var/spool/slurmd", "SlurmdSpoolDir=/var/spool/slurmd-%n")
                .replace("SlurmdPidFile=/run/slurmd.pid", "SlurmdPidFile=/run/slurmd-%n.pid")
                .replace("slurm/slurmd.log", "slurm/slurmd-%n.log")
                .replace("Prolog=/usr/lib/cloister/job-names\n", "")
                .replace("AccountingStorageType=accounting_storage/slurmdbd\n", "")
                .replace("AccountingStorageHost=localhost\n", "")
                .replace("AccountingStorageEnforce=associations\n", "");
    }

    private static String resource(String name) {
        String path = name.startsWith("/") ? name : "/slurm-it/" + name;
        try (InputStream in = Objects.requireNonNull(SlurmInContainer.class.getResourceAsStream(path), path)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("the test has no " + path, e);
        }
    }

    void start() {
        container.start();
    }

    @Override
    public void close() {
        container.stop();
    }

    /** The controller's own way to it. */
    LocalSlurm slurm() {
        return slurm;
    }

    private Commands commands() {
        return (Command command) -> {
            List<String> line = new ArrayList<>(List.of("env"));
            command.environment().forEach((name, value) -> line.add(name + "=" + value));
            line.addAll(command.arguments());
            ExecResult result = run(line.toArray(String[]::new));
            return new Commands.Outcome.Finished(result.getExitCode(), result.getStdout(), result.getStderr());
        };
    }

    ExecResult run(String... command) throws IOException, InterruptedException {
        return container.execInContainer(command);
    }

    /** The same command, given by a user: 5001 is alice, 5002 bob. */
    static String[] as(int uid, String... command) {
        List<String> line = new ArrayList<>(List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups"));
        line.addAll(List.of(command));
        return line.toArray(String[]::new);
    }

    /**
     * A worker's slurmd, on a port of its own. As its controller does: all names of gres.conf are there, and two of them lead to
     * devices, here to stand-ins.
     *
     * @param more what else it registers with than its size
     */
    void worker(WorkerKey worker, String more) throws IOException, InterruptedException {
        ExecResult started = run(
                "bash",
                "-c",
                "mkdir -p /run/cloister/gpu /var/spool/slurmd-$0; touch /run/cloister/gpu/{a,b,c}{0..15};"
                        + " ln -sf /dev/null /run/cloister/gpu/a0; ln -sf /dev/zero /run/cloister/gpu/a1;"
                        + " slurmd -Z -N $0 --conf-server $(hostname -i):6817"
                        + " --conf \"CPUs=2 RealMemory=1000 Port=$1 $2\" --instance-id l${0#w}",
                worker.node(),
                Integer.toString(6818 + 10 * worker.lease() + worker.worker()),
                more);
        assertThat(started.getExitCode()).as(started.getStderr()).isZero();
    }

    boolean is(WorkerKey worker, NodeState state) throws Exception {
        return slurm.nodes().stream().anyMatch(node -> node.worker().equals(worker) && node.state() == state);
    }

    /** Ends all jobs of alice, and these workers. */
    void empty(WorkerKey... workers) throws Exception {
        run("scancel", "-u", "alice");
        run("pkill", "-9", "slurmd");
        for (WorkerKey worker : workers) {
            slurm.down(worker);
            until(
                    "the node is forgotten",
                    () -> slurm.delete(worker)
                            || slurm.nodes().stream()
                                    .noneMatch(node -> node.worker().equals(worker)));
        }
        until("the queue is empty", () -> run("squeue", "-h").getStdout().isBlank());
    }

    ExecResult runAs(int uid, String... command) throws IOException, InterruptedException {
        return run(as(uid, command));
    }

    /** Number of a job of five minutes. */
    int submit(int uid, String... options) throws IOException, InterruptedException {
        List<String> line =
                new ArrayList<>(List.of("sbatch", "--parsable", "-D", "/tmp", "-t", "5", "-o", "/dev/null"));
        line.addAll(List.of(options));
        ExecResult result = runAs(uid, line.toArray(String[]::new));
        assertThat(result.getExitCode()).as(result.getStderr()).isZero();
        return Integer.parseInt(result.getStdout().strip());
    }

    /** What squeue says of a job, also of one that is over. */
    String shown(Object job, String format) throws IOException, InterruptedException {
        return run("squeue", "--noheader", "--states=all", "--jobs=" + job, "--format=" + format)
                .getStdout()
                .strip();
    }

    static void until(String what, Callable<Boolean> holds) throws Exception {
        Instant end = Instant.now().plus(PATIENCE);
        while (!holds.call()) {
            assertThat(Instant.now()).as(what).isBefore(end);
            Thread.sleep(200);
        }
    }
}
