package cloister.backend.project;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.backend.database.TestDatabase;
import cloister.backend.ledger.testing.OneHost;
import cloister.backend.machine.MachineHeard;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.testing.FakeMachines;
import cloister.vpn.identity.MachineKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Removals step by step on a real database; the backend is killed and started again before every pass. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RemovalIT {
    private static final String SSH =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    private final TestDatabase database = new TestDatabase();
    private final JdbcClient rows = JdbcClient.create(database.source());
    private final TransactionTemplate transactions =
            new TransactionTemplate(new DataSourceTransactionManager(database.source()));
    private FakeMachines machines = new FakeMachines();
    private Owed owed = new Owed();
    private Backend backend = new Backend();

    /** What the other rooms have of the project. */
    private static final class Owed implements Tenancy, Books {
        int leases;
        int addresses;
        int unsettled;
        boolean account = true;
        int ends;

        @Override
        public int live(int project, OptionalInt member) {
            return leases;
        }

        @Override
        public void endUnwanted() {
            ends++;
        }

        @Override
        public int addresses(int project) {
            return addresses;
        }

        @Override
        public int open(int project) {
            return unsettled;
        }

        @Override
        public boolean closed(int project) {
            return !account;
        }
    }

    /** One life of the rooms' code. */
    private final class Backend {
        final ProjectStore store = new ProjectStore(rows);
        final CvmLoop cvms = ProjectRoom.cvms(store, transactions, machines, new OneHost(), Instant::now);
        final RemovalLoop removals =
                new RemovalLoop(store, transactions, cvms, owed, owed, ProjectRoom.CONFIG, Instant::now);
        final Projects projects = new StoredProjects(store, transactions, cvms, removals, owed);
    }

    @AfterAll
    void databaseEnds() {
        database.close();
    }

    @BeforeEach
    void begin() {
        rows.sql("truncate project cascade").update();
        machines = new FakeMachines();
        owed = new Owed();
        backend = new Backend();
    }

    private void killAndPass() {
        backend = new Backend();
        backend.cvms.pass();
        backend.removals.pass();
    }

    private Project project() {
        return backend.projects.find(1).orElseThrow();
    }

    private String left() throws InterruptedException {
        return backend.projects.awaitRemoval(1, Duration.ofMillis(1)).left();
    }

    private void projectWithCvm() {
        backend.projects.create(ProjectPolicy.open(false, 30));
        backend.projects.addMember(1, "alice", 5001, List.of(SSH));
        backend.projects.startCvm(1, Optional.empty());
        backend.cvms.pass();
        backend.cvms.on(
                new MachineHeard(MachineId.cvm(1), MachineKey.generate().spki().base64(), SSH, 1));
        backend.cvms.pass();
        assertThat(project().cvm()).isInstanceOf(Cvm.Up.class);
        assertThat(machines.live()).hasSize(1);
    }

    @Test
    void a_project_with_leases_is_not_removed_unless_they_are_to_be_ended() {
        projectWithCvm();
        owed.leases = 2;
        assertThatThrownBy(() -> backend.projects.remove(1, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 leases live")
                .hasMessageContaining("--drain");
        assertThat(project().removal()).isEqualTo(Removal.NONE);
        assertThatThrownBy(() -> backend.projects.removeMember(1, 1, false)).hasMessageContaining("2 leases live");
        assertThat(backend.projects.members(1).members()).hasSize(1);
    }

    @Test
    void leases_then_cvm_then_addresses_then_records_then_account_each_waits_for_the_one_before() throws Exception {
        projectWithCvm();
        owed.leases = 2;
        owed.addresses = 3;
        owed.unsettled = 1;
        backend.projects.remove(1, true);
        for (int again = 0; again < 2; again++) {
            killAndPass();
            assertThat(left()).isEqualTo("2 leases are being ended");
            assertThat(project().cvm()).isInstanceOf(Cvm.Up.class);
        }
        assertThat(owed.ends).isEqualTo(2);

        owed.leases = 0;
        machines.freeze("vmhost1");
        for (int again = 0; again < 3; again++) {
            killAndPass();
            assertThat(left()).isEqualTo("its CVM and drive are taken away");
        }
        machines.thaw("vmhost1");
        killAndPass();
        assertThat(machines.live()).isEmpty();
        assertThat(project().cvm()).isEqualTo(new Cvm.Off(Cvm.Why.ASKED, new Cvm.Drive.Blank()));
        killAndPass();
        assertThat(left()).isEqualTo("3 addresses are in quarantine");

        owed.addresses = 0;
        killAndPass();
        assertThat(left()).isEqualTo("1 placeholders are not settled with slurmdbd");
        assertThat(backend.projects.booked(1)).containsExactly(1);

        owed.unsettled = 0;
        killAndPass();
        assertThat(project().removal()).isEqualTo(Removal.CLOSING);
        assertThat(backend.projects.booked(1)).isEmpty();
        killAndPass();
        assertThat(project().removal()).isEqualTo(Removal.CLOSING);

        owed.account = false;
        killAndPass();
        assertThat(project().removal()).isEqualTo(Removal.REMOVED);
        assertThat(rows.sql("select count(*) from member_key")
                        .query(Integer.class)
                        .single())
                .isZero();
        backend.projects.remove(1, false);
        assertThat(project().removal()).as("asked again").isEqualTo(Removal.REMOVED);
        assertThat(backend.projects.create(ProjectPolicy.open(false, 30)))
                .as("its number is not given again")
                .isEqualTo(2);
    }

    @Test
    void nothing_begins_in_a_project_that_is_being_removed() {
        backend.projects.create(ProjectPolicy.open(false, 30));
        backend.projects.remove(1, false);
        assertThatThrownBy(() -> backend.projects.startCvm(1, Optional.empty()))
                .hasMessageContaining("removed or about to be");
        assertThatThrownBy(() -> backend.projects.addMember(1, "alice", 5001, List.of(SSH)))
                .hasMessageContaining("removed or about to be");
        assertThat(project().cvm()).isEqualTo(new Cvm.Off(Cvm.Why.ASKED, new Cvm.Drive.Blank()));
    }

    @Test
    void a_member_who_leaves_loses_the_keys_at_once_and_the_wckey_after_the_last_lease() throws Exception {
        backend.projects.create(ProjectPolicy.open(false, 30));
        backend.projects.addMember(1, "alice", 5001, List.of(SSH));
        backend.projects.addMember(1, "bob", 5002, List.of(SSH));
        long epoch = backend.projects.members(1).epoch();
        owed.leases = 1;
        backend.projects.removeMember(1, 2, true);
        assertThat(backend.projects.members(1).epoch()).isGreaterThan(epoch);
        assertThat(backend.projects.members(1).members()).hasSize(1);
        assertThat(rows.sql("select count(*) from member_key where member = 2")
                        .query(Integer.class)
                        .single())
                .isZero();
        killAndPass();
        assertThat(backend.projects.booked(1)).containsExactly(1, 2);
        owed.leases = 0;
        killAndPass();
        assertThat(backend.projects.booked(1)).containsExactly(1);
        assertThat(backend.projects.awaitRemoval(1, 2, Duration.ofMillis(1)).state())
                .isEqualTo(Removal.REMOVED);

        assertThatThrownBy(() -> backend.projects.addMember(1, "bob", 5003, List.of(SSH)))
                .hasMessageContaining("files under it");
        assertThatThrownBy(() -> backend.projects.addMember(1, "carol", 5002, List.of(SSH)))
                .hasMessageContaining("files under it");
        assertThat(backend.projects.addMember(1, "bob", 5002, List.of(SSH))).isEqualTo(3);
        assertThatThrownBy(() -> backend.projects.removeMember(1, 9, false)).hasMessageContaining("no such member");
    }
}
