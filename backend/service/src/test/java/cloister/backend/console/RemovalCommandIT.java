package cloister.backend.console;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.BackendApplication;
import cloister.backend.host.Hosts;
import cloister.backend.lease.Leases;
import cloister.backend.lease.testing.FakeSlurm;
import cloister.backend.ledger.testing.FakeAccounting;
import cloister.backend.machine.MachineHeard;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.testing.FakeMachines;
import cloister.backend.project.Cvm;
import cloister.backend.project.ProjectPolicy;
import cloister.backend.project.Projects;
import cloister.backend.testing.Eventually;
import cloister.backend.testing.FakeSite;
import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The whole backend removes what it made; the database is real, Slurm and hosts are in memory. */
@SpringBootTest(
        classes = {BackendApplication.class, FakeSite.class},
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class RemovalCommandIT {
    private static final String SSH =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    private static final LeaseRequest ONE = new LeaseRequest(1, 1, 1, 512, GpuKind.NONE, 0, 0, 60, false);

    @DynamicPropertySource
    static void site(DynamicPropertyRegistry registry) {
        FakeSite.settings(registry);
        registry.add("cloister.project.look", () -> "200ms");
        registry.add("cloister.ledger.associations", () -> "200ms");
        registry.add("cloister.lease.quarantine", () -> "1s");
    }

    @Autowired
    private Commands commands;

    @Autowired
    private Projects projects;

    @Autowired
    private Hosts hosts;

    @Autowired
    private Leases leases;

    @Autowired
    private FakeMachines machines;

    @Autowired
    private FakeSlurm slurm;

    @Autowired
    private FakeAccounting slurmdbd;

    @Autowired
    private ApplicationEventPublisher events;

    @Autowired
    private JdbcClient rows;

    private List<String> ask(String verb, String args) throws IOException {
        List<String> lines = new ArrayList<>();
        commands.answer("{\"v\":1,\"verb\":\"" + verb + "\",\"args\":" + args + "}", lines::add);
        return lines;
    }

    private int projectWithCvm() {
        hosts.add("vmhost1", true);
        int project = projects.create(ProjectPolicy.open(false, 30));
        projects.addMember(project, "alice", 5001, List.of(SSH));
        projects.addMember(project, "bob", 5002, List.of(SSH));
        projects.startCvm(project, Optional.empty());
        Eventually.holds(
                "the domain lives",
                () -> machines.live().stream().anyMatch(machine -> machine.id().equals(MachineId.cvm(project))));
        events.publishEvent(new MachineHeard(
                MachineId.cvm(project), MachineKey.generate().spki().base64(), SSH, 1));
        Eventually.holds(
                "the CVM is up", () -> projects.find(project).orElseThrow().cvm() instanceof Cvm.Up);
        Eventually.holds("its account", () -> slurmdbd.names().containsAll(List.of("p" + project, "m1", "m2")));
        return project;
    }

    @Test
    @Timeout(60)
    void a_project_and_its_members_go_with_all_they_had_but_not_their_past() throws Exception {
        int project = projectWithCvm();
        String of = "{\"project\":" + project + ",\"drain\":";
        assertThat(ask("member.remove", "{\"project\":" + project + ",\"member\":2,\"drain\":false}")
                        .getLast())
                .contains("\"ok\":true", "\"REMOVED\"");
        Eventually.holds("its wckey is gone", () -> !slurmdbd.names().contains("m2"));
        assertThat(leases.put(project, 1, new LeaseRequest(2, 1, 1, 512, GpuKind.NONE, 0, 0, 60, false)))
                .isEqualTo(new Leases.Put.BeyondLimits("member"));
        assertThat(leases.put(project, 1, ONE)).isEqualTo(new Leases.Put.Recorded());
        Eventually.holds("its placeholder", () -> !slurm.alive().isEmpty());

        assertThat(ask("project.remove", of + "false}").getLast()).contains("\"ok\":false", "1 leases live", "--drain");
        assertThat(ask("member.remove", "{\"project\":" + project + ",\"member\":1,\"drain\":false}")
                        .getLast())
                .contains("\"ok\":false", "1 leases live");
        assertThat(slurm.alive()).hasSize(1);

        List<String> answer = ask("project.remove", of + "true}");
        assertThat(answer.getLast()).contains("\"ok\":true", "\"removal\":\"REMOVED\"");
        assertThat(answer.getFirst()).contains("\"progress\":");
        assertThat(slurm.alive()).isEmpty();
        assertThat(machines.live()).isEmpty();
        assertThat(slurmdbd.names()).isEmpty();
        assertThat(rows.sql("select count(*) from lease_address")
                        .query(Integer.class)
                        .single())
                .isZero();
        assertThat(leases.list(OptionalInt.of(project))).as("what was stays").hasSize(1);
        assertThat(leases.put(project, 2, ONE)).isEqualTo(new Leases.Put.Closed());
        assertThat(ask("project.show", "{\"project\":" + project + "}").getLast())
                .contains("\"removal\":\"REMOVED\"", "\"members\":[]");
        assertThat(ask("cvm.start", "{\"project\":" + project + ",\"host\":null}")
                        .getLast())
                .contains("\"ok\":false", "removed or about to be");
    }
}
