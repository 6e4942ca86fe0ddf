package cloister.slurm.testing;

import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.images.builder.Transferable;

/**
 * slurmctld, slurmdbd with MariaDB, slurmrestd and two hosts ({@code vmh1} and {@code vmh2}, 16 cores and 64,000 MiB each) in
 * one container, with our plugins. User {@code cloister} (uid 5000) is in the accounts p7 and p8 with the wckey m1; so is
 * {@code mallory} in p7, who may not submit.
 */
public final class GlobalSlurm implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(3);
    private static final String CONF = "/etc/slurm/";

    private final GenericContainer<?> container;
    private final Path gate;

    private GlobalSlurm(GenericContainer<?> container, Path gate) {
        this.container = container;
        this.gate = gate;
    }

    /**
     * The image, built at the first use and kept by Docker.
     *
     * @throws IllegalStateException if the base image is not there and cannot be pulled
     */
    private static ImageFromDockerfile image(SlurmLine line) {
        return new ImageFromDockerfile("cloister-test/slurm-" + line.number(), false)
                .withFileFromTransferable("Dockerfile", Transferable.of(resource("Dockerfile." + line.debian())))
                // The packages come through the machine's own way to its mirror.
                .withBuildImageCmdModifier(build -> build.withNetworkMode("host"));
    }

    /** Starts the line that the sites of the demonstration run; see {@link #start(SlurmLine, Path, Path)}. */
    public static GlobalSlurm start(Path plugins, Path gate) throws IOException {
        return start(SlurmLine.SLURM_24_11, plugins, gate);
    }

    /**
     * Starts it and waits until slurmrestd answers; it serves every version of its API that it has.
     *
     * @param line which Slurm
     * @param plugins folder lua-plugins/global
     * @param gate an empty folder that becomes the gate
     */
    public static GlobalSlurm start(SlurmLine line, Path plugins, Path gate) throws IOException {
        return start(line, plugins, gate, UnaryOperator.identity(), Map.of());
    }

    /**
     * The same with other hosts or settings.
     *
     * @param conf changes slurm.conf; two hosts named vmh1 and vmh2 remain
     * @param files more files of /etc/slurm, or others in place of ours, by their name
     */
    public static GlobalSlurm start(
            SlurmLine line, Path plugins, Path gate, UnaryOperator<String> conf, Map<String, String> files)
            throws IOException {
        Files.createDirectories(gate.resolve("asked"));
        Files.createDirectories(gate.resolve("answers"));
        // slurmctld works as another user; the folders above are the test's own.
        Files.setPosixFilePermissions(gate, PosixFilePermissions.fromString("rwxr-xr-x"));
        GenericContainer<?> container = new GenericContainer<>(image(line))
                // It was built a moment ago; nobody else has it.
                .withImagePullPolicy(_ -> false)
                .withExposedPorts(6820)
                .withCreateContainerCmdModifier(create -> create.withHostName("head")
                        .withName("cloister-it-slurm-" + line.number() + "-"
                                + ProcessHandle.current().pid())
                        .withHostConfig(mounted(create.getHostConfig(), gate)))
                .withCopyToContainer(Transferable.of(resource("start"), 0755), "/start")
                .withCommand("/start")
                .waitingFor(Wait.forLogMessage("READY\\n", 1).withStartupTimeout(START));
        for (String name : List.of("slurmdbd.conf", "cgroup.conf", "cloister.lua")) {
            container.withCopyToContainer(Transferable.of(resource(name)), CONF + name);
        }
        String lua = "JobSubmitPlugins=lua\nBurstBufferType=burst_buffer/lua\nJobCompType=jobcomp/lua\n";
        container.withCopyToContainer(Transferable.of(conf.apply(resource("slurm.conf") + lua)), CONF + "slurm.conf");
        for (Path plugin : list(plugins)) {
            String name = plugin.getFileName().toString();
            if (name.endsWith(".lua") || name.endsWith(".conf")) {
                container.withCopyToContainer(Transferable.of(Files.readString(plugin)), CONF + name);
            }
        }
        files.forEach((name, text) -> container.withCopyToContainer(Transferable.of(text), CONF + name));
        GlobalSlurm slurm = new GlobalSlurm(container, gate);
        try {
            container.start();
        } catch (RuntimeException e) {
            slurm.close();
            throw e;
        }
        return slurm;
    }

    /** Testcontainers' own way to mount a folder first tries an image that it would have to pull. */
    private static HostConfig mounted(@Nullable HostConfig host, Path gate) {
        return (host == null ? HostConfig.newHostConfig() : host)
                .withBinds(new Bind(gate.toString(), new Volume("/var/spool/cloister/gate")));
    }

    /**
     * What slurmrestd says of itself, without a running Slurm.
     *
     * @param api the version, as it stands in slurmrestd's paths
     */
    public static String description(SlurmLine line, String api) throws IOException, InterruptedException {
        try (GenericContainer<?> container = new GenericContainer<>(image(line))
                .withImagePullPolicy(_ -> false)
                .withCommand("sleep", "600")) {
            container.withCopyToContainer(Transferable.of(resource("slurm.conf")), CONF + "slurm.conf");
            container.start();
            return run(
                    container, List.of("slurmrestd", "--generate-openapi-spec", "-d", api, "-s", "slurmctld,slurmdbd"));
        }
    }

    public URI url() {
        return URI.create("http://localhost:" + container.getMappedPort(6820));
    }

    public Path gate() {
        return gate;
    }

    /** Writes a user's token to a file, as a site's administrator does. */
    public void writeToken(String user, Path file) throws IOException, InterruptedException {
        String printed = run("scontrol", "token", "username=" + user, "lifespan=3600");
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, printed);
    }

    /** Runs a command in the container as root and gives its standard output; an exit code that is not 0 is an error. */
    public String run(String... command) throws IOException, InterruptedException {
        return run(container, List.of(command));
    }

    /**
     * Gives all its daemons these of the machine's processor cores, for benchmarks.
     *
     * @param list as in {@code taskset -c}
     */
    public void cores(String list) {
        container
                .getDockerClient()
                .updateContainerCmd(container.getContainerId())
                .withCpusetCpus(list)
                .exec();
    }

    private static String run(GenericContainer<?> container, List<String> command)
            throws IOException, InterruptedException {
        ExecResult result = container.execInContainer(command.toArray(String[]::new));
        if (result.getExitCode() != 0) {
            throw new IOException(command + " exited with " + result.getExitCode() + ": " + result.getStderr());
        }
        return result.getStdout();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return new ArrayList<>(files.sorted().toList());
        }
    }

    private static String resource(String name) {
        try (InputStream in = GlobalSlurm.class.getResourceAsStream("/global-slurm/" + name)) {
            if (in == null) throw new IllegalStateException("missing from the test jar: " + name);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("cannot be read from the test jar: " + name, e);
        }
    }

    @Override
    public void close() {
        container.close();
    }
}
