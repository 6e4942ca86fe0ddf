package cloister.backend.brokerport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.backend.BackendApplication;
import cloister.backend.host.Hosts;
import cloister.backend.lease.testing.FakeSlurm;
import cloister.backend.machine.BrokerIdentity;
import cloister.backend.machine.MachineHeard;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.Machines;
import cloister.backend.machine.testing.FakeMachines;
import cloister.backend.project.Cvm;
import cloister.backend.project.ProjectPolicy;
import cloister.backend.project.Projects;
import cloister.backend.testing.Eventually;
import cloister.backend.testing.FakeSite;
import cloister.broker.Verb;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

@SpringBootTest(
        classes = {BackendApplication.class, FakeSite.class},
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class BrokerPortIT {
    private static final String ED25519 =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    private static final String WISH =
            "{\"member\":1,\"workers\":1,\"cpus\":1,\"memMiB\":512,\"gpuKind\":\"NONE\",\"gpus\":0,"
                    + "\"scratchMiB\":0,\"termMin\":10,\"spread\":false}";

    @DynamicPropertySource
    static void site(DynamicPropertyRegistry registry) {
        FakeSite.settings(registry);
    }

    @LocalServerPort
    private int port;

    @Autowired
    private Projects projects;

    @Autowired
    private Hosts hosts;

    @Autowired
    private BrokerIdentity broker;

    @Autowired
    private FakeSlurm slurm;

    @Autowired
    private FakeMachines machines;

    @Autowired
    private ApplicationEventPublisher events;

    @Autowired
    private JdbcClient database;

    @Autowired
    private RequestMappingHandlerMapping requestMappingHandlerMapping;

    private int project;
    private Caller cvm = unenrolled();

    private Caller unenrolled() {
        return new Caller(MachineKey.generate(), MachineKey.generate().spki(), 1);
    }

    @BeforeEach
    void aProjectWithARunningCvm() {
        hosts.add("vmhost1", true);
        project = projects.create(ProjectPolicy.open(false, 30));
        projects.addMember(project, "alice", 5001, List.of(ED25519 + " alice's laptop"));
        cvm = enrol(project);
    }

    @AfterEach
    void hangUp() {
        cvm.close();
    }

    private Caller enrol(int number) {
        projects.startCvm(number, Optional.empty());
        Eventually.holds(
                "the CVM's domain lives",
                () -> machines.survey("vmhost1") instanceof Machines.Survey.Seen(var seen)
                        && seen.stream().anyMatch(machine -> machine.id().equals(MachineId.cvm(number))));
        MachineKey key = MachineKey.generate();
        events.publishEvent(new MachineHeard(MachineId.cvm(number), key.spki().base64(), ED25519, 1));
        Eventually.holds(
                "the CVM is up",
                () -> projects.find(number).orElseThrow().cvm() instanceof Cvm.Up
                        && projects.ofKey(key.spki()).isPresent());
        return new Caller(key, broker.spki(), port);
    }

    private List<String> everything() {
        return database.sql(
                        "select l::text from lease l where project = :project union all select p::text from project p"
                                + " where number = :project union all select u::text from lease_usage u where project = :project"
                                + " order by 1")
                .param("project", project)
                .query((row, _) -> String.valueOf(row.getString(1)))
                .list();
    }

    private HttpResponse<String> refused(int status, String method, String path, String body)
            throws IOException, InterruptedException {
        List<String> before = everything();
        HttpResponse<String> answer = cvm.send(method, path, body);
        assertThat(answer.statusCode()).as(method + " " + path + " " + body).isEqualTo(status);
        assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
        assertThat(answer.body()).contains("\"status\":" + status, "\"title\":", "\"detail\":");
        assertThat(everything()).as("nothing is changed").isEqualTo(before);
        return answer;
    }

    @Test
    void a_wish_is_recorded_and_becomes_a_placeholder() throws Exception {
        assertThat(cvm.send("PUT", "/broker/v1/leases/1", WISH).statusCode()).isEqualTo(200);
        assertThat(cvm.send("PUT", "/broker/v1/leases/1", WISH).statusCode())
                .as("the same again")
                .isEqualTo(200);
        Eventually.holds(
                "one placeholder",
                () -> slurm.alive().stream()
                                .filter(job -> job.mark().project() == project)
                                .count()
                        == 1);
        assertThat(cvm.send("GET", "/broker/v1/leases?since=0&wait=0", "").body())
                .contains("\"n\":1", "\"state\":\"QUEUED\"");
        assertThat(cvm.send("GET", "/broker/v1/limits", "").body())
                .contains("\"nextLease\":2", "\"maxCpus\":4", "\"idleSeconds\":30", "\"isolation\":\"PROJECT\"");
        assertThat(cvm.send("GET", "/broker/v1/members", "").body())
                .contains(ED25519)
                .doesNotContain("laptop");
    }

    @Test
    void numbers_out_of_step_and_other_bodies_are_refused() throws Exception {
        refused(422, "PUT", "/broker/v1/leases/2", WISH);
        assertThat(cvm.send("PUT", "/broker/v1/leases/1", WISH).statusCode()).isEqualTo(200);
        assertThat(cvm.send("PUT", "/broker/v1/leases/1", WISH.replace("\"cpus\":1", "\"cpus\":2"))
                        .statusCode())
                .isEqualTo(409);
        assertThat(cvm.send("PUT", "/broker/v1/leases/3", WISH).statusCode()).isEqualTo(422);
    }

    @Test
    void what_is_beyond_the_limits_is_refused_by_its_name() throws Exception {
        assertThat(refused(422, "PUT", "/broker/v1/leases/1", WISH.replace("\"cpus\":1", "\"cpus\":5"))
                        .body())
                .contains("cpus");
        refused(422, "PUT", "/broker/v1/leases/1", WISH.replace("\"memMiB\":512", "\"memMiB\":500"));
        refused(422, "PUT", "/broker/v1/leases/1", WISH.replace("\"workers\":1", "\"workers\":5"));
        refused(422, "PUT", "/broker/v1/leases/1", WISH.replace("\"member\":1", "\"member\":2"));
        refused(422, "PUT", "/broker/v1/leases/1", WISH.replace("\"termMin\":10", "\"termMin\":245"));
        refused(422, "PUT", "/broker/v1/leases/1", WISH.replace("\"gpus\":0", "\"gpus\":1"));
    }

    @Test
    void malformed_bodies_are_refused_and_never_repeated() throws Exception {
        for (String body : List.of(
                "",
                "{}",
                "[]",
                "null",
                WISH + "{}",
                WISH.replace("\"cpus\":1", "\"cpus\":\"1\""),
                WISH.replace("\"cpus\":1", "\"cpus\":1.5"),
                WISH.replace("\"cpus\":1", "\"cpus\":null"),
                WISH.replace("\"cpus\":1,", ""),
                WISH.replace("\"cpus\":1", "\"cpus\":1,\"cpus\":1"),
                WISH.replace("\"cpus\":1", "\"cpus\":1,\"note\":\"SECRET\""),
                WISH.replace("\"NONE\"", "0"),
                WISH.replace("\"NONE\"", "\"SECRET\""),
                WISH.replace("false", "0"),
                WISH.substring(0, 40))) {
            assertThat(refused(400, "PUT", "/broker/v1/leases/1", body).body()).doesNotContain("SECRET");
        }
    }

    @Test
    void bodies_that_are_too_large_are_refused_with_and_without_a_length() throws Exception {
        refused(413, "PUT", "/broker/v1/leases/1", WISH + " ".repeat(5000));
    }

    @Test
    void what_does_not_exist_is_not_found() throws Exception {
        refused(404, "DELETE", "/broker/v1/leases/1", "");
        refused(404, "PUT", "/broker/v1/leases/01", WISH);
        refused(404, "PUT", "/broker/v1/leases/0", WISH);
        refused(404, "PUT", "/broker/v1/leases/4294967297", WISH);
        refused(404, "GET", "/broker/v1/leases/1", "");
        refused(404, "GET", "/broker/v1", "");
        refused(404, "GET", "/actuator/health", "");
        refused(404, "GET", "/error", "");
        refused(400, "GET", "/broker/v1/leases", "");
        refused(400, "GET", "/broker/v1/leases?since=-1&wait=0", "");
        refused(400, "GET", "/broker/v1/leases?since=0&wait=31", "");
        refused(400, "GET", "/broker/v1/leases?since=0&since=0&wait=0", "");
        refused(409, "GET", "/broker/v1/leases?since=999999&wait=0", "");
        assertThat(cvm.send("PUT", "/broker/v1/leases/1", WISH).statusCode()).isEqualTo(200);
        assertThat(cvm.send("DELETE", "/broker/v1/leases/1/workers/2", "").statusCode())
                .isEqualTo(404);
        assertThat(cvm.send(
                                "POST",
                                "/broker/v1/leases/1/usage",
                                "{\"worker\":2,\"cpuMinutes\":1,\"peakMemMiB\":256,\"busyMin\":1}")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void a_long_poll_returns_with_the_change_and_a_lease_ends_once_it_is_given_back() throws Exception {
        assertThat(cvm.send("PUT", "/broker/v1/leases/1", WISH).statusCode()).isEqualTo(200);
        Eventually.holds("it is queued", () -> !slurm.alive().isEmpty());
        String list = cvm.send("GET", "/broker/v1/leases?since=0&wait=0", "").body();
        String revision = list.replaceAll(".*\"revision\":([0-9]+).*", "$1");
        assertThat(cvm.send("DELETE", "/broker/v1/leases/1", "").statusCode()).isEqualTo(200);
        String changed = cvm.send("GET", "/broker/v1/leases?since=" + revision + "&wait=30", "")
                .body();
        assertThat(changed).containsAnyOf("\"ENDING\"", "\"ENDED\"", "\"QUEUED\"");
        Eventually.holds("it ends", () -> {
            try {
                return cvm.send("GET", "/broker/v1/leases?since=" + revision + "&wait=0", "")
                        .body()
                        .contains("\"ENDED\",\"reason\":\"RELEASED\"");
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException("the broker does not answer", e);
            }
        });
        assertThat(cvm.send("GET", "/broker/v1/leases?since=0&wait=0", "").body())
                .contains("\"leases\":[]");
    }

    @Test
    void a_key_that_is_not_enrolled_is_cut_in_the_handshake() {
        List<String> before = everything();
        try (Caller stranger = new Caller(MachineKey.generate(), broker.spki(), port)) {
            assertThatThrownBy(() -> stranger.send("PUT", "/broker/v1/leases/1", WISH))
                    .isInstanceOf(IOException.class);
        }
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void a_key_that_was_enrolled_speaks_for_nobody_once_its_cvm_is_gone() throws Exception {
        assertThat(cvm.send("GET", "/broker/v1/limits", "").statusCode()).isEqualTo(200);
        projects.stopCvm(project);
        assertThat(cvm.send("GET", "/broker/v1/limits", "").statusCode())
                .as("over a connection that lives on")
                .isEqualTo(403);
    }

    @Test
    void the_projects_of_two_keys_do_not_see_each_other() throws Exception {
        int other = projects.create(ProjectPolicy.open(false, 30));
        projects.addMember(other, "bob", 5002, List.of(ED25519));
        try (Caller second = enrol(other)) {
            assertThat(cvm.send("PUT", "/broker/v1/leases/1", WISH).statusCode())
                    .isEqualTo(200);
            assertThat(second.send("DELETE", "/broker/v1/leases/1", "").statusCode())
                    .isEqualTo(404);
            assertThat(second.send("GET", "/broker/v1/leases?since=0&wait=0", "")
                            .body())
                    .contains("\"leases\":[]");
        }
    }

    @Test
    void more_than_the_rate_allows_is_refused_for_this_project_only() throws Exception {
        int status = 0;
        for (int i = 0; i <= Verb.PUT_TERM.burst() && status != 429; i++) {
            status = cvm.send("PUT", "/broker/v1/leases/1/term", "{\"termMin\":20}")
                    .statusCode();
        }
        assertThat(status).isEqualTo(429);
        assertThat(cvm.send("GET", "/broker/v1/limits", "").statusCode()).isEqualTo(200);
    }

    @Test
    void the_mappings_are_the_verbs_of_the_contract() {
        Set<String> mapped = requestMappingHandlerMapping.getHandlerMethods().keySet().stream()
                .filter(info -> info.getPatternValues().stream().anyMatch(path -> path.startsWith("/broker")))
                .flatMap(info -> info.getMethodsCondition().getMethods().stream()
                        .map(method -> method + " "
                                + info.getPatternValues().iterator().next()))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(mapped)
                .isEqualTo(Arrays.stream(Verb.values())
                        .map(verb -> verb.method() + " " + verb.path())
                        .collect(Collectors.toCollection(TreeSet::new)));
    }
}
