package cloister.cvm;

import cloister.broker.Isolation;
import cloister.broker.LeaseRequest;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.control.ClusterKey;
import cloister.cvm.broker.Broker;
import cloister.cvm.broker.BrokerClient;
import cloister.cvm.broker.Reply;
import cloister.cvm.demand.Policy;
import cloister.cvm.fleet.Fleet;
import cloister.cvm.fleet.LeaseBook;
import cloister.cvm.member.Accounts;
import cloister.cvm.slurm.Cluster;
import cloister.cvm.slurm.LocalSlurm;
import cloister.cvm.worker.Life;
import cloister.guest.Boot;
import cloister.guest.Command;
import cloister.guest.Commands;
import cloister.guest.Conversation;
import cloister.guest.PrivateFiles;
import cloister.guest.TimeScale;
import cloister.isolation.Ipv4;
import cloister.vpn.CertificateRequest;
import cloister.vpn.ProjectCa;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/**
 * Makes this machine its project's cluster, in an order in which nothing is offered before it works: keys, network, limits and
 * members, the drive once its owner brings the key, accounting, tunnels, files, Slurm, and last the door for researchers. Everything may be done again, and
 * a restart of the controller disturbs no job.
 */
final class Cvm {
    private static final int IMAGE = 1;
    private static final Path ROOT = Path.of("/");
    private static final Path MEMORY = Path.of("/run/cloister");
    private static final Path UNLOCKING = Path.of("/run/cloister-unlock");
    private static final Path STATE = Path.of("/data/cloister");
    private static final Path STORIES = Path.of("/run/cloister-why");
    private static final Path SLURMCTLD = Path.of("/run/slurmctld");
    private static final Path CHARON = Path.of("/run/charon.vici");
    private static final Duration CERTIFICATE = Duration.ofDays(390);
    private static final Duration GREETING = Duration.ofMinutes(3);
    private static final Duration TROUBLE = Duration.ofSeconds(2);

    /** Looks that are saved while nothing is under way. */
    private static final int RARE = 5;

    private final Commands commands = Commands.ofThisMachine();
    private final InstantSource clock = InstantSource.system();
    private final TimeScale scale;

    Cvm(TimeScale scale) {
        this.scale = scale;
    }

    /** Runs until it is killed or cannot go on. */
    void run() throws Exception {
        step("keys");
        Identity identity = new Identity(MEMORY, commands);
        MachineKey key = identity.key();
        Boot.Cvm boot = new Underway(commands).learn(new Conversation.Self(key.spki(), identity.sshHostKey(), IMAGE));
        step("network of project " + boot.project());
        Project project = Project.of(boot);
        Broker broker = new BrokerClient(boot.broker(), key, boot.brokerKey(), stretched(10));
        Limits limits = patiently("limits", broker::limits);
        Members members = patiently("members", broker::members);
        Policy policy = new Policy(limits, Math.max(1, 3 * scale.factor()), 2, scale.stretch(Duration.ofSeconds(10)));

        step("limits and members, epoch " + members.epoch());
        Accounts accounts = new Accounts(ROOT, Accounts.numeric());
        accounts.converge(members);
        Cluster cluster = new Cluster(commands, ROOT, stretched(60));
        volume(cluster);
        accounts.converge(members);
        byte[] slurmKey = cluster.key();
        Future<Boolean> accounting = start(cluster::startAccounting);
        LeaseBook book = new LeaseBook(STATE.resolve("leases"));
        Map<Integer, LeaseRequest> kept = book.kept();
        Keyring keyring = new Keyring(
                STATE, key, kept.keySet().stream().findFirst().orElse(limits.nextLease()), limits.nextLease());
        ProjectCa ca = keyring.authority(clock.instant());
        Charon charon = charon(project, key, ca);
        commands.checked(fileServer(limits.isolation()).within(stretched(30)));
        Homes homes = new Homes(commands, stretched(30));
        var survivors = Resumption.survivors(patiently("leases", () -> broker.leases(0, Duration.ZERO)), kept.keySet());
        if (limits.isolation() != Isolation.PROJECT) {
            share(Resumption.shares(survivors, kept, members), project, homes);
        }
        Resumption.bringUp(
                Resumption.wanted(
                        survivors,
                        charon.carrying(),
                        (worker, address) -> project.tunnelTo(worker, Ipv4.parse(address))),
                charon::up,
                stretched(5));
        LocalSlurm slurm = new LocalSlurm(commands, stretched(10));
        cluster(cluster, slurm, policy, members, accounting);
        door(cluster);
        step("ready");

        Errands errands = new WorkerErrands(
                new WorkerErrands.Self(project, keyring::of, ca, ClusterKey.of(slurmKey)),
                charon,
                slurm,
                homes,
                broker,
                new WorkerErrands.Limits(stretched(15), stretched(30), stretched(5)),
                policy,
                clock);
        Arrays.fill(slurmKey, (byte) 0);
        serve(
                slurm,
                broker,
                book,
                charon,
                errands,
                policy,
                members,
                new Changes(cluster, slurm, accounts, policy, members));
    }

    /** Waits for the drive's key, if the drive isn't open since an earlier life of this controller. */
    private void volume(Cluster cluster) throws IOException, InterruptedException {
        DataVolume volume = new DataVolume(commands, stretched(60));
        if (volume.state() == DataVolume.State.OPEN) {
            volume.settle();
        } else {
            step("locked");
            new Unlocking(volume, commands, UNLOCKING).await(() -> cluster.up("sshd"));
        }
        step("volume");
    }

    /** Researchers may log in: sshd is started anew where it has waited for the drive's key. */
    private void door(Cluster cluster) throws IOException, InterruptedException {
        PrivateFiles.write(MEMORY.resolve("open"), new byte[0]);
        Path mode = MEMORY.resolve("sshd");
        if (Files.exists(mode) && !Files.readString(mode).strip().equals("open")) {
            commands.checked(Command.of("sv", "-w", "20", "restart", "sshd"));
        }
        cluster.up("sshd");
    }

    /** All homes for all workers; where a worker serves one member it is shown that member's home when it joins. */
    private static Command fileServer(Isolation isolation) {
        String own = Project.OVERLAY_CVM.toString();
        String server = "/usr/lib/cloister/nfs-server";
        return isolation == Isolation.PROJECT
                ? Command.of(server, own, Project.OVERLAY.toString())
                : Command.of(server, own);
    }

    /** One that can't be shown its home is left to its join. */
    private static void share(List<Resumption.Share> shares, Project project, Homes homes) throws InterruptedException {
        for (Resumption.Share share : shares) {
            Resumption.Survivor survivor = share.survivor();
            try {
                homes.share(survivor.worker(), project.overlayOf(Ipv4.parse(survivor.address())), share.owner());
            } catch (IOException e) {
                Log.say("no home for " + survivor.worker().node() + " yet: " + e.getMessage());
            }
        }
    }

    private void cluster(Cluster cluster, LocalSlurm slurm, Policy policy, Members members, Future<Boolean> accounting)
            throws Exception {
        boolean changed = cluster.configure(policy, members, Project.OVERLAY_CVM.toString(), scale.factor());
        if (changed && slurm.answers() && !slurm.reconfigure()) {
            throw new IOException("slurmctld does not take its configuration");
        }
        accounting.get();
        cluster.account(members);
        step("accounting");
        cluster.start(slurm);
        step("slurm");
    }

    private void serve(
            LocalSlurm slurm,
            Broker broker,
            LeaseBook book,
            Charon charon,
            Errands errands,
            Policy policy,
            Members members,
            Runners.Machine changes)
            throws IOException, InterruptedException {
        Fleet fleet = new Fleet(new Life(new Life.Patience(
                scale.stretch(Duration.ofSeconds(3)), stretched(60), stretched(30), stretched(5), GREETING, 6)));
        book.kept().forEach((number, request) -> fleet.recall(number, request, clock.instant()));
        fleet.nextLease(policy.limits().nextLease());
        Postbox post = new Postbox();
        Pace pace = new Pace(look(), look().multipliedBy(RARE));
        Runners runners = new Runners(errands, slurm, broker, book, new Stories(STORIES), changes, post, pace, clock);
        Controller controller = new Controller(fleet, runners, policy, members, clock);
        post.to(controller);
        Watches watches = new Watches(post, clock);
        watch("leases", () -> watches.leases(broker));
        watch("slurm", () -> watches.slurm(slurm, pace));
        watch("submissions", () -> watches.submissions(SLURMCTLD, pace));
        watch("policy", () -> watches.policy(broker));
        watch("tunnels", () -> watches.tunnels(charon, CHARON, stretched(10)));
        controller.run();
    }

    /** Breaks the circle between the loop and those who report to it. */
    private static final class Postbox implements Runners.Teller {
        private final CompletableFuture<Controller> loop = new CompletableFuture<>();

        void to(Controller controller) {
            loop.complete(controller);
        }

        @Override
        public void tell(News item) throws InterruptedException {
            loop.join().tell(item);
        }
    }

    /** What changes of the machine while it serves. */
    private final class Changes implements Runners.Machine {
        private final Cluster cluster;
        private final LocalSlurm slurm;
        private final Accounts accounts;
        private Policy policy;
        private Members members;

        Changes(Cluster cluster, LocalSlurm slurm, Accounts accounts, Policy policy, Members members) {
            this.cluster = cluster;
            this.slurm = slurm;
            this.accounts = accounts;
            this.policy = policy;
            this.members = members;
        }

        @Override
        public void limits(Policy next) throws IOException, InterruptedException {
            policy = next;
            configure();
        }

        @Override
        public void members(Members next) throws IOException, InterruptedException {
            members = next;
            accounts.converge(members);
            configure();
            cluster.account(members);
        }

        private void configure() throws IOException, InterruptedException {
            if (cluster.configure(policy, members, Project.OVERLAY_CVM.toString(), scale.factor())
                    && !slurm.reconfigure()) {
                throw new IOException("slurmctld does not take its configuration");
            }
        }
    }

    private Charon charon(Project project, MachineKey key, ProjectCa ca) throws InterruptedException, IOException {
        X509Certificate own = ca.sign(
                CertificateRequest.create(key, project.ownId()),
                key.spki(),
                project.ownId(),
                CERTIFICATE,
                clock.instant());
        Instant end = clock.instant().plus(stretched(60));
        while (!Files.exists(CHARON)) {
            if (clock.instant().isAfter(end)) {
                throw new IOException("charon does not come up");
            }
            Thread.sleep(Duration.ofMillis(100));
        }
        return new Charon(CHARON, key, own, ca.ca(), stretched(10));
    }

    private interface Question<T> {
        Reply<T> ask() throws InterruptedException;
    }

    /** Asks until there is an answer: without it this machine can do nothing else. */
    private static <T> T patiently(String what, Question<T> question) throws InterruptedException {
        String said = "";
        while (true) {
            Reply<T> reply = question.ask();
            if (reply instanceof Reply.Known<T>(T value)) {
                return value;
            }
            String why = reply.toString();
            if (!why.equals(said)) {
                Log.say("the broker does not tell the " + what + ": " + why);
                said = why;
            }
            Thread.sleep(TROUBLE);
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private static Future<Boolean> start(Work work) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("accounting").start(() -> {
            try {
                work.run();
                done.complete(true);
            } catch (Exception e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private interface Watch {
        void run() throws InterruptedException;
    }

    /** A watch that breaks ends the controller, which is started again: half a view of the world would be worse. */
    private static void watch(String name, Watch watch) {
        Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                watch.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                Log.say("the watch over " + name + " broke: " + e);
                Runtime.getRuntime().halt(1);
            }
        });
    }

    private void step(String what) throws IOException {
        String uptime = Files.readString(Path.of("/proc/uptime"));
        Log.say("cloister: " + what + " at " + uptime.substring(0, uptime.indexOf(' ')));
    }

    /** A look costs two small programs, which is little, save on a processor that is emulated. */
    private Duration look() {
        return Duration.ofMillis(500 + 200L * scale.factor());
    }

    private Duration stretched(int seconds) {
        return scale.stretch(Duration.ofSeconds(seconds));
    }
}
