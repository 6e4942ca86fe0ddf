package cloister.backend.project;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.backend.database.TestDatabase;
import cloister.backend.host.Host;
import cloister.backend.host.Hosts;
import cloister.backend.machine.Machine;
import cloister.backend.machine.MachineHeard;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.testing.FakeMachines;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The life of a CVM and its drive on a real database and on hosts in memory, each with a pool of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CvmLifeIT {
    private static final String SSH =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    private final TestDatabase database = new TestDatabase();
    private final JdbcClient rows = JdbcClient.create(database.source());
    private final ProjectStore store = new ProjectStore(rows);
    private final TransactionTemplate transactions =
            new TransactionTemplate(new DataSourceTransactionManager(database.source()));
    private FakeMachines machines = new FakeMachines();
    private CvmLoop cvms = loop();
    private Instant now = Instant.parse("2026-01-01T12:00:00Z");

    private CvmLoop loop() {
        return ProjectRoom.cvms(store, transactions, machines, new ServiceHosts(), () -> now);
    }

    private static final class ServiceHosts implements Hosts {
        @Override
        public void add(String name, boolean service) {
            throw new UnsupportedOperationException("there are three");
        }

        @Override
        public List<Host> list() {
            return List.of(new Host("vmhost1", true), new Host("vmhost2", true), new Host("vmhost3", false));
        }
    }

    @BeforeEach
    void begin() {
        rows.sql("truncate project cascade").update();
        machines = new FakeMachines();
        cvms = loop();
        transactions.executeWithoutResult(_ -> store.insert(ProjectPolicy.open(false, 30)));
    }

    @AfterAll
    void end() {
        database.close();
    }

    private Cvm cvm() {
        return store.find(1).orElseThrow().cvm();
    }

    /** Passes in a backend that was killed before each. */
    private void pass() {
        cvms = loop();
        cvms.pass();
    }

    private void starts(Optional<String> host) {
        cvms.startAsked(1, host);
        pass();
        speaks();
        assertThat(cvm()).isInstanceOf(Cvm.Up.class);
        now = now.plus(Cvm.leastLife());
    }

    private void speaks() {
        cvms.on(new MachineHeard(MachineId.cvm(1), MachineKey.generate().spki().base64(), SSH, 1));
        cvms.pass();
    }

    private Machine.Cvm domain() {
        assertThat(machines.live()).hasSize(1);
        return (Machine.Cvm) machines.live().getFirst();
    }

    @Test
    void a_cvm_that_fell_or_was_stopped_comes_back_with_its_drive_and_another_key() {
        starts(Optional.empty());
        assertThat(domain().keptDrive()).as("the first start makes the drive").isFalse();
        Cvm.Up first = (Cvm.Up) cvm();
        machines.die(MachineId.cvm(1));
        pass();
        assertThat(cvm()).isInstanceOf(Cvm.Starting.class);
        assertThat(domain().keptDrive()).isTrue();
        speaks();
        Cvm.Up second = (Cvm.Up) cvm();
        assertThat(cvms.ofKey(second.spki())).hasValue(1);
        assertThat(cvms.ofKey(first.spki())).as("the one that fell").isEmpty();

        cvms.stopAsked(1);
        pass();
        assertThat(cvm()).isEqualTo(new Cvm.Off(Cvm.Why.ASKED, new Cvm.Drive.Kept(second.place())));
        assertThat(machines.live()).isEmpty();
        starts(Optional.empty());
        assertThat(domain().keptDrive()).isTrue();
        assertThat(domain().host()).isEqualTo(first.place().host());
    }

    @Test
    void a_cvm_that_falls_at_once_again_and_again_waits_for_an_operator() {
        starts(Optional.empty());
        machines.die(MachineId.cvm(1));
        pass();
        speaks();
        machines.die(MachineId.cvm(1));
        pass();
        assertThat(cvm()).isInstanceOf(Cvm.Off.class);
        assertThat(((Cvm.Off) cvm()).why()).isEqualTo(Cvm.Why.LOST);
        starts(Optional.empty());
        assertThat(domain().keptDrive()).isTrue();
    }

    @Test
    void on_a_host_without_its_drive_it_does_not_start_and_the_drive_is_not_forgotten() {
        starts(Optional.of("vmhost2"));
        cvms.stopAsked(1);
        pass();
        assertThatThrownBy(() -> cvms.startAsked(1, Optional.of("vmhost3"))).hasMessageContaining("may not hold CVMs");
        cvms.startAsked(1, Optional.of("vmhost1"));
        pass();
        assertThat(cvm())
                .isEqualTo(new Cvm.Off(
                        Cvm.Why.REFUSED, new Cvm.Drive.Kept(new Cvm.Place("vmhost2", Ipv4.parse("10.77.1.10")))));
        starts(Optional.empty());
        assertThat(domain().host()).isEqualTo("vmhost2");
    }

    @Test
    void a_cvm_leaves_a_host_that_is_off_and_ends_there_when_the_host_comes_back() {
        starts(Optional.of("vmhost1"));
        machines.freeze("vmhost1");
        pass();
        assertThat(cvm()).as("no answer is no absence").isInstanceOf(Cvm.Up.class);
        cvms.stopAsked(1);
        pass();
        assertThat(cvm()).isInstanceOf(Cvm.Stopping.class);
        cvms.fenced(1);
        pass();
        assertThat(cvm()).isInstanceOf(Cvm.Off.class);
        CvmStrays strays = new CvmStrays(store, machines, new ServiceHosts(), ProjectRoom.CONFIG, () -> now);
        strays.pass();
        machines.thaw("vmhost1");
        assertThat(machines.live()).hasSize(1);
        strays.pass();
        assertThat(machines.live()).isEmpty();

        starts(Optional.empty());
        assertThat(domain().keptDrive()).as("the drive was not ended with it").isTrue();
        strays.pass();
        assertThat(machines.live()).as("it is where it should be").hasSize(1);
    }

    @Test
    void what_is_deleted_begins_blank() {
        starts(Optional.empty());
        cvms.stopAsked(1);
        pass();
        cvms.deleteAsked(1);
        pass();
        assertThat(cvm()).isEqualTo(new Cvm.Off(Cvm.Why.ASKED, new Cvm.Drive.Blank()));
        starts(Optional.empty());
        assertThat(domain().keptDrive()).isFalse();
    }
}
