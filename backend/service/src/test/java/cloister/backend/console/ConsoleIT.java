package cloister.backend.console;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.BackendApplication;
import cloister.backend.ledger.testing.FakeAccounting;
import cloister.backend.machine.MachineHeard;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.Machines;
import cloister.backend.machine.testing.FakeMachines;
import cloister.backend.project.Cvm;
import cloister.backend.project.Projects;
import cloister.backend.testing.Eventually;
import cloister.backend.testing.FakeSite;
import cloister.vpn.identity.MachineKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SpringBootTest(
        classes = {BackendApplication.class, FakeSite.class},
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class ConsoleIT {
    private static final String SSH =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    @DynamicPropertySource
    static void site(DynamicPropertyRegistry registry) {
        FakeSite.settings(registry);
    }

    @Value("${cloister.socket}")
    private String socket = "";

    @Value("${local.management.port}")
    private int management;

    @Autowired
    private FakeMachines machines;

    @Autowired
    private FakeAccounting slurmdbd;

    @Autowired
    private Projects projects;

    @Autowired
    private ApplicationEventPublisher events;

    private List<String> ask(String verb, String args) throws IOException {
        return say("{\"v\":1,\"verb\":\"" + verb + "\",\"args\":" + args + "}\n");
    }

    private List<String> say(String line) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
            try (BufferedReader lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
                return lines.lines().toList();
            }
        }
    }

    @Test
    void only_the_owner_and_root_can_open_the_socket() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(socket))))
                .isEqualTo("rw-------");
    }

    @Test
    void a_project_is_made_its_cvm_started_with_progress_shown_and_stopped() throws Exception {
        assertThat(ask("host.add", "{\"name\":\"vmhost1\",\"service\":true}").getLast())
                .contains("\"ok\":true");
        String made = ask(
                        "project.create",
                        "{\"spread\":true,\"idleSeconds\":30,\"isolation\":\"PROJECT\",\"warmWorkers\":0,\"dayCpuMin\":0}")
                .getLast();
        int project = Integer.parseInt(made.replaceAll(".*\"project\":([0-9]+).*", "$1"));
        String of = "{\"project\":" + project + "}";
        assertThat(ask(
                                "member.add",
                                "{\"project\":" + project + ",\"login\":\"alice\",\"uid\":5001,\"keys\":[\"" + SSH
                                        + " a\"]}")
                        .getLast())
                .contains("\"member\":1");

        CompletableFuture<List<String>> started = CompletableFuture.supplyAsync(() -> {
            try {
                return ask("cvm.start", "{\"project\":" + project + ",\"host\":null}");
            } catch (IOException e) {
                throw new IllegalStateException("the console hung up", e);
            }
        });
        Eventually.holds(
                "the domain lives",
                () -> machines.survey("vmhost1") instanceof Machines.Survey.Seen(var seen)
                        && seen.stream().anyMatch(machine -> machine.id().equals(MachineId.cvm(project))));
        MachineKey key = MachineKey.generate();
        events.publishEvent(new MachineHeard(MachineId.cvm(project), key.spki().base64(), SSH, 1));
        List<String> answer = started.join();
        assertThat(answer.getFirst()).contains("\"progress\":\"the CVM boots on vmhost1\"");
        assertThat(answer.getLast())
                .contains("\"ok\":true", "\"state\":\"UP\"", "\"address\":\"10.77." + project + ".10\"", SSH);
        assertThat(ask("cvm.show", of).getLast()).contains("\"host\":\"vmhost1\"");
        assertThat(ask("project.show", of).getLast()).contains("\"login\":\"alice\"", "\"idleSeconds\":30");
        assertThat(ask("lease.list", "{\"project\":null}").getLast()).contains("\"leases\":[");
        assertThat(ask("usage", "{\"project\":null,\"from\":0,\"until\":86400}").getLast())
                .contains("\"ok\":true", "\"usage\":[]", "\"differences\":[]");
        Eventually.holds(
                "the project is in the accounting", () -> slurmdbd.names().containsAll(List.of("p" + project, "m1")));

        assertThat(ask("cvm.stop", "{\"project\":" + project + ",\"hostIsOff\":false}")
                        .getLast())
                .contains("\"state\":\"OFF\"", "\"drive\":\"vmhost1\"");
        assertThat(ask("cvm.delete", of).getLast())
                .contains("\"state\":\"OFF\"")
                .doesNotContain("drive");
        assertThat(projects.ofKey(key.spki())).isEmpty();
    }

    @Test
    void submissions_are_paused_and_resumed_and_the_list_of_leases_says_so() throws IOException {
        assertThat(ask("submissions.show", "{}").getLast()).contains("\"submissions\":\"ON\"");
        String paused = ask("submissions.pause", "{}").getLast();
        assertThat(paused).contains("\"submissions\":\"PAUSED\"", "\"since\":");
        assertThat(ask("submissions.pause", "{}").getLast()).isEqualTo(paused);
        assertThat(ask("lease.list", "{\"project\":null}").getLast()).contains("\"submissions\":\"PAUSED\"");
        assertThat(ask("submissions.resume", "{}").getLast()).contains("\"submissions\":\"ON\"");
        assertThat(ask("submissions.show", "{}").getLast()).contains("\"submissions\":\"ON\"");
    }

    @Test
    void what_can_not_be_done_is_answered_in_words() throws IOException {
        for (String answer : List.of(
                ask("cvm.show", "{\"project\":249}").getLast(),
                ask("cvm.start", "{\"project\":249,\"host\":null}").getLast(),
                ask("lease.cancel", "{\"project\":1,\"lease\":99}").getLast(),
                ask("host.add", "{\"name\":\"../x\",\"service\":false}").getLast(),
                ask("member.add", "{\"project\":249,\"login\":\"a\",\"uid\":5001,\"keys\":[\"" + SSH + "\"]}")
                        .getLast(),
                ask("project.create", "{\"spread\":true}").getLast(),
                ask(
                                "project.create",
                                "{\"spread\":true,\"idleSeconds\":30,\"isolation\":\"PROJECT\",\"warmWorkers\":0,\"dayCpuMin\":0,\"more\":1}")
                        .getLast(),
                ask("usage", "{\"project\":1,\"from\":86400,\"until\":0}").getLast(),
                ask("usage", "{\"project\":1,\"from\":-1,\"until\":9000000000000000000}")
                        .getLast(),
                ask("no.such", "{}").getLast(),
                say("{\"v\":2,\"verb\":\"host.list\",\"args\":{}}\n").getLast(),
                say("nonsense\n").getLast())) {
            assertThat(answer).contains("\"ok\":false", "\"error\":\"").doesNotContain("Exception");
        }
    }

    @Test
    void health_is_answered_on_its_own_port_and_nothing_else_is() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI base = URI.create("http://127.0.0.1:" + management);
            HttpResponse<String> health = client.send(
                    HttpRequest.newBuilder(base.resolve("/actuator/health")).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(health.statusCode()).isEqualTo(200);
            assertThat(health.body()).contains("\"UP\"");
            for (String path : List.of("/actuator/env", "/actuator/beans", "/broker/v1/limits")) {
                assertThat(client.send(
                                        HttpRequest.newBuilder(base.resolve(path))
                                                .build(),
                                        HttpResponse.BodyHandlers.ofString())
                                .statusCode())
                        .as(path)
                        .isEqualTo(404);
            }
        }
    }

    private String set(int project, String policies) throws IOException {
        return ask(
                        "project.set",
                        "{\"project\":" + project + ",\"spread\":null,\"idleSeconds\":null,"
                                + policies.replace('\'', '"') + "}")
                .getLast();
    }

    @Test
    void the_policies_of_a_project_are_set_shown_and_refused_in_words() throws Exception {
        String made = ask(
                        "project.create",
                        "{\"spread\":false,\"idleSeconds\":30,\"isolation\":\"USER\",\"warmWorkers\":0,\"dayCpuMin\":600}")
                .getLast();
        int project = Integer.parseInt(made.replaceAll(".*\"project\":([0-9]+).*", "$1"));
        String user = "\"isolation\":\"USER\",\"warmWorkers\":0,\"dayCpuMin\":600";
        assertThat(ask("project.show", "{\"project\":" + project + "}").getLast())
                .contains(user);
        assertThat(ask("project.list", "{}").getLast()).contains("\"project\":" + project + ",", user);

        assertThat(set(project, "'isolation':null,'warmWorkers':2,'dayCpuMin':null"))
                .contains("\"ok\":false", "warm workers wait for anybody's job");
        assertThat(set(project, "'isolation':'PROJECT','warmWorkers':2,'dayCpuMin':0"))
                .contains("\"isolation\":\"PROJECT\",\"warmWorkers\":2,\"dayCpuMin\":0", "\"idleSeconds\":30");

        ask("host.add", "{\"name\":\"vmhost1\",\"service\":true}");
        projects.startCvm(project, Optional.empty());
        Eventually.holds(
                "the CVM starts", () -> !(projects.find(project).orElseThrow().cvm() instanceof Cvm.Off));
        assertThat(set(project, "'isolation':'JOB','warmWorkers':0,'dayCpuMin':null"))
                .contains("\"ok\":false", "can't change while the project has a CVM");
        assertThat(set(project, "'isolation':'PROJECT','warmWorkers':0,'dayCpuMin':60"))
                .contains("\"isolation\":\"PROJECT\",\"warmWorkers\":0,\"dayCpuMin\":60");
        projects.deleteCvm(project);
    }
}
