package cloister.cvm;

import cloister.broker.Isolation;
import cloister.broker.Numbers;
import cloister.broker.UsageReport;
import cloister.control.Account;
import cloister.control.ClusterKey;
import cloister.control.ControlClient;
import cloister.control.HostEntry;
import cloister.control.Join;
import cloister.control.Mount;
import cloister.control.Peer;
import cloister.control.Rejected;
import cloister.control.Usage;
import cloister.cvm.broker.Broker;
import cloister.cvm.broker.Reply;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.slurm.LocalSlurm;
import cloister.cvm.slurm.Unreadable;
import cloister.cvm.worker.Guest;
import cloister.cvm.worker.Parting;
import cloister.isolation.Ipv4;
import cloister.vpn.Initiation;
import cloister.vpn.ProjectCa;
import cloister.vpn.Tunnel;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Pem;
import cloister.vpn.identity.Spki;
import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;

/** The errands as they are run in a project: over TLS to the worker, vici to charon, the local Slurm's commands, and the broker. */
final class WorkerErrands implements Errands {
    private static final int CONTROL_PORT = 22;

    /** Longer than any term, and short enough that a key that got out is of no use for long. */
    private static final Duration CERTIFICATE = Duration.ofDays(32);

    private static final int FENCE_TRIES = 3;
    private static final Duration PAUSE = Duration.ofMillis(250);

    /** How long things may take. */
    record Limits(Duration control, Duration join, Duration tunnel) {}

    /**
     * Who this CVM is.
     *
     * @param keyOf the key that the workers of a lease admit: of the CVM that asked for it
     */
    record Self(Project project, IntFunction<MachineKey> keyOf, ProjectCa ca, ClusterKey slurmKey) {}

    private final Self self;
    private final Charon charon;
    private final LocalSlurm slurm;
    private final Homes homes;
    private final Broker broker;
    private final Limits limits;
    private final Policy policy;
    private final InstantSource clock;

    WorkerErrands(
            Self self,
            Charon charon,
            LocalSlurm slurm,
            Homes homes,
            Broker broker,
            Limits limits,
            Policy policy,
            InstantSource clock) {
        this.self = self;
        this.charon = charon;
        this.slurm = slurm;
        this.homes = homes;
        this.broker = broker;
        this.limits = limits;
        this.policy = policy;
        this.clock = clock;
    }

    @Override
    public void join(About about, Guest guest, List<Account> accounts, BooleanSupplier wanted)
            throws IOException, InterruptedException, Rejected, CharonRefused {
        Ipv4 address = Ipv4.parse(guest.address());
        Spki key = Spki.parse(guest.tlsSpki());
        Tunnel tunnel = self.project().tunnelTo(about.worker(), address);
        Optional<Account> owner = owner(about);
        if (owner.isPresent()) {
            homes.share(about.worker(), self.project().overlayOf(address), owner.get());
        }
        Instant begun = clock.instant();
        Instant giveUp = begun.plus(limits.join());
        try (ControlClient worker = ControlClient.open(
                new InetSocketAddress(address.toString(), CONTROL_PORT),
                self.keyOf().apply(about.worker().lease()),
                key,
                limits.control())) {
            X509Certificate certificate = self.ca()
                    .sign(worker.csr(), key, self.project().idOf(about.worker()), CERTIFICATE, clock.instant());
            worker.join(papers(about, address, certificate, accounts, owner));
        }
        Log.say(about.worker().node() + " has its papers after "
                + Duration.between(begun, clock.instant()).toMillis() + " ms");
        String why = "it was not tried";
        while (wanted.getAsBoolean() && clock.instant().isBefore(giveUp)) {
            switch (charon.up(tunnel, limits.tunnel())) {
                case Initiation.Up _ -> {
                    Log.say(about.worker().node() + " has its tunnel after "
                            + Duration.between(begun, clock.instant()).toMillis() + " ms");
                    return;
                }
                case Initiation.NotUp notUp -> why = notUp.why();
            }
            Thread.sleep(PAUSE);
        }
        throw new IOException("the tunnel does not come up: " + why);
    }

    private Join papers(
            About about, Ipv4 address, X509Certificate certificate, List<Account> accounts, Optional<Account> owner) {
        Project project = self.project();
        Ipv4 overlay = project.overlayOf(address);
        List<HostEntry> hosts = new ArrayList<>();
        hosts.add(new HostEntry("cvm", Project.OVERLAY_CVM.toString()));
        hosts.add(new HostEntry(about.worker().node(), overlay.toString()));
        List<Peer> peers = new ArrayList<>();
        about.neighbours().forEach((neighbour, at) -> {
            Ipv4 there = Ipv4.parse(at);
            peers.add(new Peer(
                    project.idOf(neighbour),
                    there.toString(),
                    project.overlayOf(there).toString()));
            hosts.add(new HostEntry(neighbour.node(), project.overlayOf(there).toString()));
        });
        Instant ends = about.endsAt()
                .orElseGet(() ->
                        clock.instant().plus(Duration.ofMinutes(about.shape().termMin())));
        return new Join(
                Pem.of(certificate),
                Pem.of(self.ca().ca()),
                overlay.toString(),
                Project.OVERLAY.toString(),
                project.address().toString(),
                Project.OVERLAY_CVM.toString(),
                project.ownId(),
                project.idOf(about.worker()),
                peers,
                about.worker().node(),
                about.shape().cpus(),
                Policy.usableMemory(about.shape().memMiB()),
                about.shape().gpuKind(),
                about.shape().gpus(),
                self.slurmKey(),
                List.of(Mount.HOME),
                owner.map(Account::uid).orElse(0),
                accounts,
                hosts,
                ends.getEpochSecond(),
                "l" + about.worker().lease() + "-" + about.worker().worker());
    }

    private boolean owned() {
        return policy.limits().isolation() != Isolation.PROJECT;
    }

    /** The one member whom it serves; empty where the project's workers serve all. */
    private Optional<Account> owner(About about) throws IOException {
        if (owned() && about.owner().isEmpty()) {
            throw new IOException("the member whom it would serve has left");
        }
        return owned() ? about.owner() : Optional.empty();
    }

    @Override
    public void greet(WorkerKey worker, Guest guest) throws IOException, Rejected {
        try (ControlClient client = ControlClient.open(
                new InetSocketAddress(guest.address(), CONTROL_PORT),
                self.keyOf().apply(worker.lease()),
                Spki.parse(guest.tlsSpki()),
                limits.control())) {
            client.status();
        }
    }

    @Override
    public void reconnect(WorkerKey worker, Guest guest) throws CharonLost, CharonRefused {
        charon.up(self.project().tunnelTo(worker, Ipv4.parse(guest.address())), limits.tunnel());
    }

    @Override
    public boolean fence(About about) throws IOException, InterruptedException {
        for (int tries = 1; tries < FENCE_TRIES; tries++) {
            if (fenceOnce(about)) {
                return true;
            }
            Thread.sleep(PAUSE);
        }
        return fenceOnce(about);
    }

    private boolean fenceOnce(About about) throws IOException, InterruptedException {
        Optional<Instant> from = about.endsAt().map(end -> end.minus(Duration.ofMinutes(policy.graceMin())));
        // A reservation cannot begin in the past: then there is nothing left to start there anyway.
        return from.isEmpty()
                || slurm.fence(
                        about.worker(),
                        from.get().isAfter(clock.instant())
                                ? from.get()
                                : clock.instant().plusSeconds(1));
    }

    @Override
    public void clear(About about, Optional<Guest> guest, Parting parting)
            throws IOException, InterruptedException, CharonRefused {
        Optional<Thread> account = parting == Parting.RETURNED
                // It is not told to leave: turned off by itself it would look like one that was lost.
                ? guest.map(at -> Thread.ofVirtual().start(() -> account(about, at)))
                : Optional.empty();
        removeNode(about.worker(), parting != Parting.RETURNED);
        if (owned()) {
            homes.unshare(about.worker());
        }
        if (account.isPresent()) {
            account.get().join(limits.control());
        }
        Optional<String> doubt = parting == Parting.TAKEN ? Optional.empty() : giveBack(about.worker());
        charon.down(about.worker().node());
        if (doubt.isPresent()) {
            throw new IOException("the broker may not know that a worker was given back: " + doubt.get());
        }
    }

    /** Why it is in doubt that the broker knows; it is asked before the tunnel's end is waited for. */
    private Optional<String> giveBack(WorkerKey worker) throws InterruptedException {
        return switch (broker.giveBack(worker.lease(), worker.worker())) {
            case Reply.Known<Broker.Done> _ -> Optional.empty();
            // The lease is on its way out already, and its workers with it.
            case Reply.Refused<Broker.Done> _ -> Optional.empty();
            case Reply.Unknown<Broker.Done> unknown -> Optional.of(unknown.why());
        };
    }

    /** Takes a node out of Slurm, and its tunnel down; jobs on it are requeued where it is lost. */
    void removeNode(WorkerKey worker, boolean lost) throws IOException, InterruptedException {
        if (lost) {
            // False where there is no such node; the look below decides.
            slurm.down(worker);
        }
        slurm.unfence(worker);
        if (!slurm.delete(worker) && has(worker)) {
            throw new IOException("Slurm does not let go of a node");
        }
    }

    @Override
    public void sweep(WorkerKey worker) throws IOException, InterruptedException, CharonRefused {
        removeNode(worker, true);
        if (owned()) {
            homes.unshare(worker);
        }
        charon.down(worker.node());
    }

    private boolean has(WorkerKey worker) throws IOException, InterruptedException {
        try {
            return slurm.nodes().stream().anyMatch(node -> node.worker().equals(worker));
        } catch (Unreadable e) {
            throw new IOException("Slurm's list of nodes cannot be read", e);
        }
    }

    /** What it used. A worker that does not answer any more is given back all the same. */
    private void account(About about, Guest guest) {
        try (ControlClient worker = ControlClient.open(
                new InetSocketAddress(guest.address(), CONTROL_PORT),
                self.keyOf().apply(about.worker().lease()),
                Spki.parse(guest.tlsSpki()),
                limits.control())) {
            Usage usage = worker.usage();
            if (broker.report(about.worker().lease(), report(about, usage))
                    instanceof Reply.Unknown<Broker.Done> lost) {
                Log.say("usage of " + about.worker().node() + " may be lost: " + lost.why());
            }
        } catch (IOException | Rejected e) {
            Log.say(about.worker().node() + " does not say what it used: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static UsageReport report(About about, Usage usage) {
        long minutes = Duration.ofMillis(usage.cpuMillis()).plusSeconds(59).toMinutes();
        int step = Numbers.memoryStepMiB();
        return new UsageReport(
                about.worker().worker(),
                (int) Math.min(minutes, 1024L * 60 * 24 * 31),
                Math.min((usage.peakMemMiB() + step - 1) / step * step, 16 * 1024 * 1024),
                (int) Math.min(about.busy().plusSeconds(59).toMinutes(), 60L * 24 * 31));
    }
}
