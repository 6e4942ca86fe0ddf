package cloister.backend.lease;

import cloister.backend.host.Host;
import cloister.backend.host.Hosts;
import cloister.backend.machine.LiveMachine;
import cloister.backend.machine.Machine;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.Machines;
import cloister.backend.project.Cvm;
import cloister.backend.project.ProjectPolicy;
import cloister.backend.project.ReadProjects;
import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import cloister.broker.ReasonCode;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A site in full run: projects in the database, and hosts that answer at once from memory. */
final class Fleet implements Machines, Hosts {
    /** A project has 235 addresses. */
    static final int LEASES_OF_A_PROJECT = 200;

    static final LeaseRequest WISH =
            new LeaseRequest(1, 1, 1, 512, GpuKind.NONE, 0, 0, SimulatedSlurmrestd.limitMinutes(), false);

    private static final String SSH =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    private final Map<String, List<LiveMachine>> machines = new ConcurrentHashMap<>();
    private final List<String> surveyed = Collections.synchronizedList(new ArrayList<>());
    private final JdbcClient database;
    private final ReadProjects projects;
    private final TransactionTemplate transactions;

    Fleet(DataSource source) {
        transactions = new TransactionTemplate(new DataSourceTransactionManager(source));
        database = JdbcClient.create(source);
        projects = new ReadProjects(source);
    }

    ReadProjects projects() {
        return projects;
    }

    /** Projects with a member each and a CVM that is up; nothing that was there before is left. */
    void projects(int count) {
        machines.clear();
        database.sql("truncate project, member, member_key, lease, lease_address, lease_usage, host cascade")
                .update();
        more(count);
    }

    /** So many projects beside those that are there; the last one's number. */
    int more(int count) {
        int last = 0;
        for (int i = 0; i < count; i++) {
            last = projects.create(ProjectPolicy.open(false, 300));
            projects.addMember(last, "alice", 5001, List.of(SSH));
            cvm(last);
        }
        return last;
    }

    /** Leases of one worker each, all running, as {@link SimulatedSlurmrestd} shows their placeholders. */
    void running(int leases) {
        projects((leases + LEASES_OF_A_PROJECT - 1) / LEASES_OF_A_PROJECT);
        transactions.executeWithoutResult(_ -> insert(leases));
        database.sql("analyze").update();
    }

    private void insert(int leases) {
        LeaseStore store = new LeaseStore(database);
        Instant begin = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        Duration term = Duration.ofMinutes(SimulatedSlurmrestd.limitMinutes());
        for (int job = 1; job <= leases; job++) {
            LeaseId id = new LeaseId(1 + (job - 1) / LEASES_OF_A_PROJECT, 1 + (job - 1) % LEASES_OF_A_PROJECT);
            String host = SimulatedSlurmrestd.host(job);
            Ipv4 address = Ipv4.parse("10.77." + id.project() + "." + (20 + id.lease()));
            Hold hold = new Hold(1, job, begin, 0, host, begin.plus(term), term);
            Seat seat = new Seat.Ready(1, host, address, MachineKey.generate().spki());
            Lease state = new Lease.Running(hold, List.of(seat), ReasonCode.NONE);
            Cvm cvm = projects.find(id.project()).orElseThrow().cvm();
            store.insert(List.of(new LeaseRecord(id, WISH, WISH.termMin(), false, ((Cvm.Up) cvm).spki(), state)));
            machines.computeIfAbsent(host, _ -> new ArrayList<>())
                    .add(new LiveMachine.Worker(
                            new MachineId(id.project(), id.lease(), 1), host, 1, job, begin, begin.plus(term)));
        }
    }

    private void cvm(int project) {
        Cvm.Place place = new Cvm.Place("vmh000", Ipv4.parse("10.77." + project + ".10"));
        projects.become(project, new Cvm.Up(place, MachineKey.generate().spki(), "ssh-ed25519 AAAA", 1, Instant.EPOCH));
    }

    /** The project's CVM is none any more, nor its drive. */
    void noCvm(int project) {
        projects.become(project, new Cvm.Off(Cvm.Why.ASKED, new Cvm.Drive.Blank()));
    }

    /** Which hosts were asked for their machines. */
    List<String> surveyed() {
        return surveyed;
    }

    @Override
    public Survey survey(String host) {
        surveyed.add(host);
        return new Survey.Seen(machines.getOrDefault(host, List.of()));
    }

    @Override
    public Start start(Machine machine) {
        throw new UnsupportedOperationException("nothing starts");
    }

    @Override
    public Stop destroy(String host, MachineId id) {
        throw new UnsupportedOperationException("nothing ends");
    }

    @Override
    public Stop stop(String host, MachineId id) {
        throw new UnsupportedOperationException("nothing ends");
    }

    @Override
    public Change moveEnd(String host, MachineId id, Instant endsAt) {
        throw new UnsupportedOperationException("nothing changes");
    }

    @Override
    public Change pause(String host, MachineId id) {
        throw new UnsupportedOperationException("nothing changes");
    }

    @Override
    public Change resume(String host, MachineId id) {
        throw new UnsupportedOperationException("nothing changes");
    }

    @Override
    public Measurement measure(String host) {
        throw new UnsupportedOperationException("nobody measures");
    }

    @Override
    public void add(String name, boolean service) {
        throw new UnsupportedOperationException("they are there");
    }

    @Override
    public List<Host> list() {
        return machines.keySet().stream().map(name -> new Host(name, false)).toList();
    }
}
