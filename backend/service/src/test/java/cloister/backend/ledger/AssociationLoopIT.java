package cloister.backend.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.database.TestDatabase;
import cloister.backend.ledger.testing.FakeAccounting;
import cloister.backend.ledger.testing.SomeProjects;
import cloister.backend.project.Removal;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.core.simple.JdbcClient;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AssociationLoopIT {
    static final LedgerConfig CONFIG = new LedgerConfig(
            LedgerConfig.Policy.ALLOCATED,
            "cloister",
            Duration.ofSeconds(5),
            Duration.ofMinutes(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            25);

    private final TestDatabase database = new TestDatabase();
    private final JdbcClient rows = JdbcClient.create(database.source());
    private SomeProjects projects = new SomeProjects();
    private FakeAccounting slurmdbd = new FakeAccounting();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private AssociationLoop loop = loop();

    @AfterAll
    void databaseEnds() {
        database.close();
    }

    @BeforeEach
    void begin() {
        rows.sql("truncate ledger_association").update();
        projects = new SomeProjects();
        slurmdbd = new FakeAccounting();
        loop = loop();
    }

    private AssociationLoop loop() {
        return new AssociationLoop(projects, slurmdbd, new AssociationStore(rows), CONFIG, () -> now);
    }

    private void pass() {
        now = now.plusSeconds(5);
        loop.pass();
    }

    @Test
    void every_project_has_an_account_and_every_member_a_wckey_and_an_idle_site_asks_nothing() {
        projects.members(1, 2);
        projects.members(2, 3);
        pass();
        assertThat(slurmdbd.names()).containsExactly("p1", "p2", "m1", "m2", "m3");
        int calls = slurmdbd.calls().size();
        for (int i = 0; i < 50; i++) {
            pass();
        }
        assertThat(slurmdbd.calls()).hasSize(calls);
        projects.members(1, 4);
        pass();
        assertThat(slurmdbd.names()).contains("m4");
        assertThat(slurmdbd.calls()).hasSize(calls + 1);
    }

    @Test
    void a_project_made_while_slurmdbd_is_down_gets_its_account_later_also_from_another_backend() {
        pass();
        slurmdbd.mute(true);
        projects.members(1, 1);
        pass();
        pass();
        assertThat(slurmdbd.names()).isEmpty();
        slurmdbd.mute(false);
        pass();
        assertThat(slurmdbd.names()).as("long before the next recheck").containsExactly("p1", "m1");
        slurmdbd.mute(true);
        projects.members(2, 1);
        pass();
        slurmdbd.mute(false);
        loop = loop();
        pass();
        assertThat(slurmdbd.names()).contains("p2");
    }

    @Test
    void what_somebody_takes_out_comes_back_with_the_next_recheck() {
        projects.members(1, 1);
        pass();
        slurmdbd.lose("p1");
        pass();
        assertThat(slurmdbd.names()).containsExactly("m1");
        now = now.plus(CONFIG.recheck());
        pass();
        assertThat(slurmdbd.names()).containsExactly("p1", "m1");
    }

    @Test
    void what_is_wanted_no_more_is_removed_and_what_a_person_made_stays() {
        slurmdbd.stranger("p2", "physics");
        slurmdbd.stranger("p9", "project-9");
        projects.members(1, 2);
        projects.members(2, 1);
        pass();
        assertThat(slurmdbd.names()).containsExactly("p1", "p2", "p9", "m1", "m2");
        projects.remove(1);
        projects.remove(2);
        slurmdbd.mute(true);
        pass();
        slurmdbd.mute(false);
        loop = loop();
        pass();
        assertThat(slurmdbd.names()).as("p2 is another's, p9 we never made").containsExactly("p2", "p9");
        assertThat(rows.sql("select count(*) from ledger_association")
                        .query(Integer.class)
                        .single())
                .isZero();
    }

    @Test
    void a_project_that_is_removed_keeps_its_account_until_nothing_of_it_runs() {
        projects.members(1, 2);
        projects.members(2, 1);
        pass();
        projects.removal(1, Removal.DRAINING);
        pass();
        assertThat(slurmdbd.names()).contains("p1", "m2");
        projects.removal(1, Removal.CLOSING);
        pass();
        assertThat(slurmdbd.names()).as("m1 is also a member's of project 2").containsExactly("p2", "m1");
        projects.removal(1, Removal.REMOVED);
        pass();
        assertThat(slurmdbd.names()).containsExactly("p2", "m1");
    }
}
