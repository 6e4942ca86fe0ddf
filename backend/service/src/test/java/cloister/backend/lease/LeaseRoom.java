package cloister.backend.lease;

import cloister.backend.host.HostMaps;
import cloister.backend.host.Hosts;
import cloister.backend.host.testing.FakeHostMaps;
import cloister.backend.machine.MachineSettings;
import cloister.backend.machine.Machines;
import cloister.backend.project.Projects;
import cloister.backend.project.TestUnderlay;
import cloister.bridge.Gate;
import cloister.bridge.HostState;
import cloister.bridge.HostStates;
import cloister.bridge.Placeholders;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import javax.sql.DataSource;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The lease room as Spring puts it together, on a real database, in a world that the caller gives. */
record LeaseRoom(LeaseLoop loop, StoredLeases leases, LeaseInbox inbox) {
    static final LeaseConfig QUICK = new LeaseConfig(
            Duration.ofSeconds(1),
            Duration.ofSeconds(3),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            3,
            Duration.ofSeconds(2),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2),
            Duration.ofMinutes(4),
            50,
            Duration.ofMinutes(1),
            Duration.ofSeconds(1),
            NodeLoss.SHRINK,
            Duration.ofSeconds(10));

    private static final MachineSettings SETTINGS = new MachineSettings(
            MachineSettings.DomainType.QEMU,
            Path.of("/i"),
            Path.of("/v"),
            Path.of("/p"),
            Path.of("/c"),
            "vmbr0",
            "10.77.0.0/16",
            24,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            10,
            256,
            1,
            1024,
            1024);

    /**
     * What surrounds the room.
     *
     * @param source of connections to a database with our tables
     * @param tasks runs the leases' looks
     */
    record Around(
            DataSource source,
            InstantSource clock,
            Placeholders placeholders,
            Gate gate,
            Machines machines,
            Projects projects,
            Hosts hosts,
            HostMaps maps,
            ApplicationEventPublisher publisher,
            ExecutorService tasks,
            HostStates states) {
        /** With hosts that have no maps, and that Slurm never loses. */
        Around(
                DataSource source,
                InstantSource clock,
                Placeholders placeholders,
                Gate gate,
                Machines machines,
                Projects projects,
                Hosts hosts,
                ApplicationEventPublisher publisher,
                ExecutorService tasks) {
            this(
                    source,
                    clock,
                    placeholders,
                    gate,
                    machines,
                    projects,
                    hosts,
                    new FakeHostMaps(Map.of()),
                    publisher,
                    tasks,
                    _ -> new HostState.Serving());
        }
    }

    static LeaseRoom in(Around around, LeaseConfig config, int mostWorkers) {
        JdbcClient database = JdbcClient.create(around.source());
        LeaseWake wake = new LeaseWake();
        LeaseInbox inbox = new LeaseInbox(around.clock(), wake);
        LeaseStore store = new LeaseStore(database);
        TransactionTemplate transactions = new TransactionTemplate(new DataSourceTransactionManager(around.source()));
        Addresses addresses = new Addresses(database, TestUnderlay.create());
        Changes changes = new Changes();
        LeaseMoves moves = new LeaseMoves(store, addresses, changes, transactions, around.clock(), config, 1);
        LimitsConfig limits = new LimitsConfig(4, 4096, mostWorkers, 240, 4096, 0, List.of());
        LeaseEffects effects = new LeaseEffects(
                around.placeholders(),
                around.gate(),
                around.machines(),
                moves,
                PlacingTest.placing(around.placeholders(), around.maps(), limits),
                config,
                SETTINGS,
                around.publisher());
        HostViews hosts = new HostViews(around.machines(), around.states(), inbox, around.clock(), config, 1);
        Brake brake = new Brake(database, config);
        LeaseTask task = new LeaseTask(
                store,
                moves,
                inbox,
                effects,
                new Seating(around.placeholders(), around.hosts(), addresses, transactions, config, 1),
                hosts,
                around.placeholders(),
                brake);
        LeaseLoop loop = new LeaseLoop(
                store,
                task,
                wake,
                hosts,
                around.projects(),
                around.placeholders(),
                around.gate(),
                around.clock(),
                config,
                around.tasks());
        return new LeaseRoom(
                loop,
                new StoredLeases(
                        new Wishes(store, around.projects(), limits, transactions),
                        store,
                        moves,
                        wake,
                        changes,
                        around.projects(),
                        limits,
                        config,
                        brake,
                        transactions),
                inbox);
    }
}
