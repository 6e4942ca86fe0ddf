package cloister.cvm.slurm;

import cloister.broker.Members;
import cloister.control.GpuNames;
import cloister.cvm.demand.Policy;
import cloister.guest.Command;
import cloister.guest.Commands;
import cloister.guest.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Sets the project's own Slurm up: its key, its files, its daemons, its accounting. All of it may be done again. */
public final class Cluster {
    private static final int KEY_BYTES = 1024;
    private static final String USER = "slurm";
    private static final String ACCOUNT = "project";
    private static final String CLUSTER = "cloister";
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final Commands commands;
    private final Path root;
    private final Duration limit;

    /**
     * The Slurm of a machine.
     *
     * @param root where {@code /etc} and {@code /data} are: {@code /}, save in tests
     * @param limit for each daemon to come up, and for each command
     */
    public Cluster(Commands commands, Path root, Duration limit) {
        this.commands = commands;
        this.root = root;
        this.limit = limit;
    }

    /** The cluster's key: made once, kept on the data volume, and laid where Slurm looks for it. */
    public byte[] key() throws IOException, InterruptedException {
        Path kept = root.resolve("data/slurm/slurm.key");
        if (!Files.exists(kept)) {
            byte[] fresh = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(fresh);
            PrivateFiles.write(kept, fresh);
            Arrays.fill(fresh, (byte) 0);
        }
        byte[] key = Files.readAllBytes(kept);
        if (key.length != KEY_BYTES) {
            throw new IOException(kept + " is not of " + KEY_BYTES + " bytes");
        }
        Files.createDirectories(root.resolve("etc/slurm"));
        secret("etc/slurm/slurm.key", key);
        return key;
    }

    /** Starts the database and the accounting daemon, which need nothing but the data volume and the cluster's key. */
    public void startAccounting() throws IOException, InterruptedException {
        Path state = folder("data/slurm/state");
        // slurmctld syncs its list of jobs and not their scripts, and a job whose script a power failure has taken is
        // fatal to it
        // whenever the job could start. So each write there is synced.
        commands.checked(Command.of("chattr", "-R", "+S", state.toString()).within(limit));
        folder("data/slurm/log");
        up("mariadb");
        secret("etc/slurm/slurmdbd.conf", SlurmConf.slurmdbdConf().getBytes(StandardCharsets.US_ASCII));
        up("slurmdbd");
    }

    /** Writes what the site's limits and the members decide; answers whether anything changed. */
    public boolean configure(Policy policy, Members members, String overlay, int timeScale) throws IOException {
        boolean changed = write("etc/slurm/slurm.conf", SlurmConf.slurmConf(policy, members, overlay, timeScale));
        changed |= write("etc/slurm/cgroup.conf", SlurmConf.cgroupConf());
        changed |= write("etc/slurm/gres.conf", SlurmConf.gresConf());
        changed |= write("etc/slurm/cloister-limits.lua", limitsLua(policy));
        changed |= write("etc/slurm/job_submit.lua", plugin());
        return changed;
    }

    /** The submit plugin, which says no in words to what no worker could hold. */
    private static String plugin() throws IOException {
        try (InputStream lua = Cluster.class.getResourceAsStream("job_submit.lua")) {
            if (lua == null) {
                throw new IllegalStateException("the controller was built without the submit plugin");
            }
            return new String(lua.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Starts slurmctld and waits until it answers. The accounting must know the cluster before. */
    public void start(LocalSlurm slurm) throws IOException, InterruptedException {
        up("slurmctld");
        long end = System.nanoTime() + limit.toNanos();
        while (!slurm.answers()) {
            if (System.nanoTime() > end) {
                throw new IOException("slurmctld does not answer");
            }
            Thread.sleep(PAUSE);
        }
    }

    /** Sees to it that the accounting knows the cluster, the project and its members. */
    public void account(Members members) throws IOException, InterruptedException {
        Set<String> clusters = lines("sacctmgr", "-n", "-P", "show", "cluster", "format=cluster");
        if (!clusters.contains(CLUSTER)) {
            sacctmgr("add", "cluster", CLUSTER);
        }
        Set<String> known = lines("sacctmgr", "-n", "-P", "show", "assoc", "format=cluster,account,user");
        if (!known.contains(CLUSTER + "|" + ACCOUNT + "|")) {
            sacctmgr("add", "account", ACCOUNT, "cluster=" + CLUSTER);
        }
        for (Members.Member member : members.members()) {
            if (!known.contains(CLUSTER + "|" + ACCOUNT + "|" + member.login())) {
                sacctmgr("add", "user", member.login(), "account=" + ACCOUNT, "cluster=" + CLUSTER);
            }
        }
    }

    /** What the submit plugin refuses by. */
    static String limitsLua(Policy policy) {
        int memory = policy.largestMemoryMiB();
        return String.format(
                Locale.ROOT,
                "return { max_cpus = %d, max_mem_mib = %d, max_workers = %d, max_term_min = %d, reserve_mem_mib = %d,"
                        + " max_scratch_mib = %d%s, isolation = %d }%n",
                policy.limits().maxCpus(),
                memory,
                policy.limits().maxWorkers(),
                Math.max(1, policy.longestLimitMin()),
                memory - Policy.usableMemory(memory),
                policy.largestTmpMiB(),
                gpusLua(policy),
                isolation(policy));
    }

    private static String gpusLua(Policy policy) {
        return policy.gpuKinds().isEmpty()
                ? ""
                : ", max_gpus = " + policy.limits().maxGpus()
                        + policy.gpuKinds().stream()
                                .map(kind -> ", gpu_" + GpuNames.type(kind) + " = 1")
                                .collect(Collectors.joining());
    }

    private static int isolation(Policy policy) {
        return switch (policy.limits().isolation()) {
            case PROJECT -> 0;
            case USER -> 1;
            case JOB -> 2;
        };
    }

    /** Starts a service and waits until it is ready. */
    public void up(String service) throws IOException, InterruptedException {
        String wait = Long.toString(limit.toSeconds());
        Duration longer = limit.plusSeconds(5);
        Command start = Command.of("sv", "-w", wait, "up", service).within(longer);
        long end = System.nanoTime() + limit.toNanos();
        // Right after the machine's boot the supervisor of a service may not be there yet.
        while (!(commands.run(start) instanceof Commands.Outcome.Finished finished && finished.exit() == 0)) {
            if (System.nanoTime() > end) {
                throw new IOException(service + " does not start");
            }
            Thread.sleep(PAUSE);
        }
        commands.checked(Command.of("sv", "-w", wait, "check", service).within(longer));
    }

    private void sacctmgr(String... arguments) throws IOException, InterruptedException {
        String[] all = new String[arguments.length + 1];
        all[0] = "-i";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        commands.checked(Command.of("sacctmgr", all).within(limit));
    }

    private Set<String> lines(String program, String... arguments) throws IOException, InterruptedException {
        String output =
                commands.checked(Command.of(program, arguments).within(limit).printing(1024 * 1024));
        return new TreeSet<>(output.lines().toList());
    }

    private Path folder(String name) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(root.resolve(name));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        own(folder);
        return folder;
    }

    /** A file for Slurm's daemons alone. */
    private void secret(String name, byte[] content) throws IOException, InterruptedException {
        Path file = root.resolve(name);
        PrivateFiles.write(file, content);
        own(file);
    }

    private void own(Path path) throws IOException, InterruptedException {
        commands.checked(Command.of("chown", USER + ":" + USER, path.toString()));
    }

    private boolean write(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(root.resolve("etc/slurm"));
        if (Files.exists(file) && Files.readString(file).equals(content)) {
            return false;
        }
        PrivateFiles.writePublic(file, content.getBytes(StandardCharsets.UTF_8));
        return true;
    }
}
