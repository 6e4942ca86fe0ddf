package cloister.backend.lease;

import cloister.backend.host.Host;
import cloister.backend.host.HostMaps;
import cloister.backend.host.Hosts;
import cloister.backend.host.testing.FakeHostMaps;
import cloister.backend.lease.testing.FakeSlurm;
import cloister.backend.machine.LiveMachine;
import cloister.backend.machine.MachineHeard;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.Machines;
import cloister.backend.machine.testing.FakeMachines;
import cloister.backend.project.testing.OneProject;
import cloister.bridge.Gate;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Placeholders;
import cloister.bridge.Share;
import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import cloister.broker.LeaseState;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The lease room on a real database, with hosts and Slurm in memory and a clock that moves a second with each pass. Its
 * backend can be killed at any call and started anew; the world goes on. Whenever a placeholder ends, its machines must be
 * gone: what contradicts that is noted.
 */
final class LeaseBench {
    static final LeaseRequest TWO = new LeaseRequest(1, 2, 1, 512, GpuKind.NONE, 0, 256, 10, true);

    final FakeSlurm slurm = new FakeSlurm();
    final FakeMachines machines = new FakeMachines();
    final OneProject projects = new OneProject();
    final List<String> violations = new ArrayList<>();
    final List<Told> endings = new ArrayList<>();
    final JdbcClient database;
    boolean hostsAreChosen = true;
    boolean guestsSpeak = true;
    Crashing crashing = new Crashing(0, false);
    LeaseConfig config = LeaseRoom.QUICK;

    private final DataSource source;
    private final HostMaps maps;
    private final Map<String, Spki> keys = new HashMap<>();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private LeaseLoop loop;
    private LeaseInbox inbox;
    private StoredLeases leases;

    LeaseBench(DataSource source) {
        this(source, new FakeHostMaps(Map.of()));
    }

    LeaseBench(DataSource source, HostMaps maps) {
        this.source = source;
        this.maps = maps;
        this.database = JdbcClient.create(source);
        database.sql("truncate project, member, member_key, lease, lease_address, lease_usage, host cascade")
                .update();
        database.sql("insert into project (number, spread, idle_seconds, cvm_state) values (1, false, 30, 'UP')")
                .update();
        database.sql("insert into member (project, number, login, uid) values (1, 1, 'alice', 5001)")
                .update();
        slurm.watcher = this::watch;
        LeaseRoom room = room();
        loop = room.loop();
        inbox = room.inbox();
        leases = room.leases();
    }

    /** An end that was told, and how the world was then. */
    record Told(PlaceholderEnding ending, PlaceholderState state, int machines) {}

    /** A new process: nothing of the old one's memory is left. */
    void restart(Crashing next) {
        crashing = next;
        LeaseRoom room = room();
        loop = room.loop();
        inbox = room.inbox();
        leases = room.leases();
    }

    private LeaseRoom room() {
        return LeaseRoom.in(
                new LeaseRoom.Around(
                        source,
                        () -> now,
                        crashing.guard(Placeholders.class, slurm),
                        crashing.guard(Gate.class, slurm),
                        crashing.guard(Machines.class, machines),
                        projects,
                        new TwoHosts(),
                        maps,
                        this::publish,
                        new SameThread(),
                        slurm),
                config,
                8);
    }

    private void publish(Object event) {
        if (event instanceof PlaceholderEnding ending) {
            endings.add(new Told(ending, slurm.known(ending.job()).state(), live().size()));
        }
    }

    StoredLeases leases() {
        return leases;
    }

    LeaseInbox inbox() {
        return inbox;
    }

    /** A second passes, hosts are chosen, guests speak, and everything is looked at once. */
    void pass() {
        now = now.plusSeconds(1);
        if (hostsAreChosen) {
            slurm.alive().stream()
                    .filter(job -> job.state() == PlaceholderState.PENDING && job.restart() == 0)
                    .filter(job ->
                            slurm.answers().keySet().stream().noneMatch(name -> name.contains("." + job.job() + ".")))
                    .forEach(job -> slurm.choose(job.job(), new Share("vmhost1", 1), new Share("vmhost2", 1)));
        }
        if (guestsSpeak) {
            live().forEach(this::speak);
        }
        try {
            loop.pass();
        } catch (Crashing.Crash e) {
            // What a killed process was doing, it was doing.
            assert crashing.dead();
        }
        if (crashing.dead()) {
            restart(new Crashing(0, false));
        }
    }

    private void speak(LiveMachine machine) {
        Spki key = keys.computeIfAbsent(
                machine.id().domainName(), _ -> MachineKey.generate().spki());
        inbox.on(new MachineHeard(machine.id(), key.base64(), null, 1));
    }

    void forgetKeys() {
        keys.clear();
    }

    List<LiveMachine> live() {
        List<LiveMachine> live = new ArrayList<>();
        for (Host host : new TwoHosts().list()) {
            if (machines.survey(host.name()) instanceof Machines.Survey.Seen(List<LiveMachine> seen)) {
                live.addAll(seen);
            }
        }
        return live;
    }

    private void watch(Placeholder job) {
        List<MachineId> left = live().stream()
                .filter(machine -> machine instanceof LiveMachine.Worker worker && worker.job() == job.job())
                .map(LiveMachine::id)
                .toList();
        if (job.state() == PlaceholderState.RUNNING && left.size() != 2) {
            violations.add("job " + job.job() + " runs with " + left);
        }
        if ((job.state() == PlaceholderState.COMPLETED || job.state() == PlaceholderState.PENDING) && !left.isEmpty()) {
            violations.add("job " + job.job() + " is " + job.state() + " before " + left);
        }
    }

    LeaseReport lease() {
        return leases.list(java.util.OptionalInt.of(1)).getFirst();
    }

    /** Passes until the lease is there; at most five minutes. */
    void until(LeaseState state) {
        for (int i = 0; i < 300; i++) {
            if (lease().view().state() == state) {
                return;
            }
            pass();
        }
        throw new AssertionError("not " + state + " but " + lease());
    }

    int addressesInUse() {
        return database.sql("select count(*) from lease_address where freed_at is null")
                .query(Integer.class)
                .single();
    }

    private static final class TwoHosts implements Hosts {
        @Override
        public void add(String name, boolean service) {
            throw new UnsupportedOperationException("there are two");
        }

        @Override
        public List<Host> list() {
            return List.of(new Host("vmhost1", true), new Host("vmhost2", false));
        }
    }

    private static final class SameThread extends AbstractExecutorService {
        @Override
        public void execute(Runnable command) {
            command.run();
        }

        @Override
        public void shutdown() {}

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return true;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }
    }
}
