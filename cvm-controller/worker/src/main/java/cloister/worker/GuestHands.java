package cloister.worker;

import cloister.control.GpuNames;
import cloister.control.HostEntry;
import cloister.control.Join;
import cloister.control.KeptJoin;
import cloister.control.Mount;
import cloister.guest.Boot;
import cloister.guest.Command;
import cloister.guest.Commands;
import cloister.guest.GuestNetwork;
import cloister.guest.PrivateFiles;
import cloister.guest.TimeScale;
import cloister.isolation.GuestRules;
import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import cloister.vpn.Tunnel;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** The hands of a real guest. */
final class GuestHands implements Hands {
    /** Name of the tunnel to the CVM on this end's charon. */
    static final String TUNNEL = "cvm";

    static final int SLURMD_PORT = 6818;

    /** The file server's port: the first thing that a worker needs of its CVM. */
    private static final int NFS_PORT = 2049;

    private static final int SLURMCTLD_PORT = 6817;
    private static final Duration CHARON_STARTS = Duration.ofSeconds(30);
    private static final Duration TUNNEL_COMES = Duration.ofSeconds(60);
    /** Those of one lease join within seconds of each other. */
    private static final Duration NEIGHBOURS_MEET = Duration.ofSeconds(15);

    private static final Duration DRIVE_OPENS = Duration.ofSeconds(60);
    private static final Duration HOME_MOUNTS = Duration.ofSeconds(30);
    private static final Duration SLURMD_STARTS = Duration.ofSeconds(30);
    private static final Duration SLURMD_STOPS = Duration.ofSeconds(10);
    private static final Duration MACHINE_STOPS = Duration.ofSeconds(10);

    private final Boot.Worker boot;
    private final MachineKey key;
    private final Commands commands;
    private final Path root;
    private final TimeScale scale;
    private final Vpn vpn;
    private final Reach reach;
    private final Machine machine;
    private final GuestNetwork network;
    private final Neighbours neighbours;
    private final Path state;
    private final ReentrantLock oneDriveAtATime = new ReentrantLock();

    GuestHands(
            Boot.Worker boot,
            MachineKey key,
            Commands commands,
            Path root,
            TimeScale scale,
            Vpn vpn,
            Reach reach,
            Consumer<String> log) {
        this.boot = boot;
        this.key = key;
        this.commands = commands;
        this.root = root;
        this.scale = scale;
        this.vpn = vpn;
        this.reach = reach;
        this.machine = new Machine(root);
        this.network = new GuestNetwork(commands, root);
        this.neighbours = new Neighbours(vpn, log);
        this.state = root.resolve("run/cloister");
    }

    /** A file that is there once the worker is leaving: nothing brings it back. */
    static Path leaving(Path state) {
        return state.resolve("leaving");
    }

    /** Shuts the firewall but for the underlay's own, and brings the underlay up. */
    void underlay() throws IOException, InterruptedException {
        // Before the join there is no overlay: nothing on an interface can have these addresses.
        network.firewall(GuestRules.forWorker(boot.address(), boot.peers(), Range.parse("127.0.0.0/8")));
        network.underlay(boot);
    }

    /** Opens the scratch drive, which takes a second or more: as early as possible, and while the processor has nothing else to do. */
    void scratch() throws IOException, InterruptedException {
        oneDriveAtATime.lockInterruptibly();
        try {
            commands.checked(
                    Command.of("nice", "-n", "19", "/usr/lib/cloister/scratch").within(scale.stretch(DRIVE_OPENS)));
        } finally {
            oneDriveAtATime.unlock();
        }
    }

    @Override
    public void keep(Join join) throws IOException {
        PrivateFiles.write(state.resolve("join.json"), KeptJoin.write(join));
    }

    @Override
    public void join(Stage stage, Join join) throws IOException, InterruptedException {
        switch (stage) {
            case NAMES -> names(join);
            case CLUSTER_KEY -> clusterKey(join);
            case OVERLAY -> overlay(join);
            case VPN -> loadTunnels(join);
            case TUNNEL ->
                // A connection that is tried before the tunnel is up loses its first packet, and a second with it.
                Conditions.await(
                        () -> vpn.carrying().contains(TUNNEL)
                                && reach.connects(join.overlayAddress(), join.cvmOverlay(), NFS_PORT),
                        scale.stretch(TUNNEL_COMES),
                        "the tunnel carried nothing to the CVM's file server");
            case NEIGHBOURS -> neighbours.meet(join, scale.stretch(NEIGHBOURS_MEET));
            case SCRATCH -> scratchMounted();
            case HOME -> mounts(join);
            case GPUS -> new GpuFiles(root).make(join.gpuKind(), join.gpus());
            case SLURMD -> slurmd(join);
        }
    }

    private void names(Join join) throws IOException {
        new Accounts(root.resolve("etc"), state).write(join.accounts());
        var names = new LinkedHashMap<String, Ipv4>();
        for (HostEntry host : join.hosts()) {
            names.put(host.name(), Ipv4.parse(host.address()));
        }
        names.put(join.nodeName(), Ipv4.parse(join.overlayAddress()));
        network.hosts(names);
    }

    private void clusterKey(Join join) throws IOException, InterruptedException {
        Path folder = root.resolve("etc/slurm");
        Files.createDirectories(folder);
        Path file = folder.resolve("slurm.key");
        PrivateFiles.write(file, join.slurmKey().bytes());
        commands.checked(Command.of("chown", "slurm:slurm", file.toString()));
    }

    private void overlay(Join join) throws IOException, InterruptedException {
        Range overlay = Range.parse(join.overlayRange());
        network.firewall(GuestRules.forWorker(boot.address(), boot.peers(), overlay));
        network.overlay(Ipv4.parse(join.overlayAddress()), overlay);
    }

    private void loadTunnels(Join join) throws IOException, InterruptedException {
        Conditions.await(
                () -> Files.exists(root.resolve("run/charon.vici")),
                scale.stretch(CHARON_STARTS),
                "charon's socket did not appear");
        Tunnel tunnel = new Tunnel(
                TUNNEL,
                boot.address().toString(),
                join.cvmAddress(),
                join.ownId(),
                join.cvmId(),
                join.overlayAddress() + "/32",
                join.overlayRange(),
                GuestNetwork.ifId(),
                false);
        List<Tunnel> all = new ArrayList<>(List.of(tunnel));
        all.addAll(Neighbours.tunnels(join, boot.address().toString()));
        try {
            vpn.load(key, Pem.certificate(join.certificatePem()), Pem.certificate(join.caPem()), all);
        } catch (IllegalArgumentException e) {
            throw new IOException("the join's certificates are not for this worker", e);
        }
    }

    private void scratchMounted() throws IOException, InterruptedException {
        if (!machine.mounted("/scratch")) {
            // Waits for what has been under way since the boot, and does it again where that failed.
            scratch();
        }
        if (!machine.mounted("/scratch")) {
            throw new IOException("the scratch drive did not open");
        }
    }

    private void mounts(Join join) throws IOException, InterruptedException {
        for (Mount mount : join.mounts()) {
            switch (mount) {
                case HOME -> {
                    List<String> line = new ArrayList<>(
                            List.of("/usr/lib/cloister/nfs-mount", join.cvmOverlay(), join.overlayAddress()));
                    join.ownLogin().ifPresent(line::add);
                    commands.checked(Command.of(line).within(scale.stretch(HOME_MOUNTS)));
                }
            }
        }
    }

    private void slurmd(Join join) throws IOException, InterruptedException {
        List<String> arguments = List.of(
                "-Z",
                "-N",
                join.nodeName(),
                "--conf-server",
                join.cvmOverlay() + ":" + SLURMCTLD_PORT,
                "--conf",
                "CPUs=" + join.cpus() + " RealMemory=" + join.realMemoryMiB() + " TmpDisk=" + machine.tmpMiB()
                        + gpus(join)
                        + features(join)
                        + weight(join),
                "--instance-id",
                join.instanceId());
        byte[] lines = (String.join("\n", arguments) + "\n").getBytes(StandardCharsets.US_ASCII);
        PrivateFiles.write(state.resolve("slurmd.args"), lines);
        Duration limit = scale.stretch(SLURMD_STARTS);
        String how = machine.listens(SLURMD_PORT) && forgotten(join.nodeName(), limit) ? "restart" : "up";
        commands.checked(Command.of("sv", "-w", Long.toString(limit.toSeconds()), how, service())
                .within(limit.multipliedBy(2)));
        Conditions.await(() -> machine.listens(SLURMD_PORT), limit, "slurmd did not listen");
    }

    /** A slurmctld that was killed may have forgotten what had registered just before, and slurmd does not notice. */
    private boolean forgotten(String node, Duration limit) throws IOException, InterruptedException {
        Commands.Outcome answer =
                commands.run(Command.of("scontrol", "show", "node", node).within(limit));
        if (answer instanceof Commands.Outcome.Finished finished) {
            if (finished.exit() == 0) {
                return false;
            }
            if ((finished.output() + finished.error()).contains(" not found")) {
                return true;
            }
        }
        throw new IOException("slurmctld does not say whether it knows this node");
    }

    private static String gpus(Join join) {
        return join.gpus() == 0 ? "" : " Gres=gpu:" + GpuNames.type(join.gpuKind()) + ":" + join.gpus();
    }

    /** Slurm gives other workers to jobs that need no GPU. */
    private static String weight(Join join) {
        return join.gpus() == 0 ? "" : " Weight=100";
    }

    private static String features(Join join) {
        List<String> features = new ArrayList<>();
        if (join.gpus() > 0) {
            features.add(GpuNames.feature(join.gpuKind()));
        }
        if (!join.features().isEmpty()) {
            features.add(join.features());
        }
        return features.isEmpty() ? "" : " Feature=" + String.join(",", features);
    }

    private String service() {
        return "/run/service/slurmd";
    }

    @Override
    public void stop() throws IOException, InterruptedException {
        PrivateFiles.write(leaving(state), new byte[0]);
        Duration limit = scale.stretch(SLURMD_STOPS);
        commands.checked(Command.of("sv", "-w", Long.toString(limit.toSeconds()), "force-stop", service())
                .within(limit.multipliedBy(2)));
        Optional<String> home = machine.home();
        if (home.isPresent()) {
            commands.checked(Command.of("umount", home.get()).within(limit));
        }
    }

    @Override
    public void powerOff(Life.Why why) throws IOException, InterruptedException {
        Commands.Outcome gently =
                commands.run(Command.of("/usr/lib/cloister/power-off").within(scale.stretch(MACHINE_STOPS)));
        // Still here: its sync may wait for a file server that is gone. Nothing on this machine is worth that.
        commands.checked(Command.of("busybox", "poweroff", "-n", "-f"));
        throw new IOException("the machine is still on after " + gently);
    }
}
