package cloister.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CloisterMainTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** A backend that answers one question with these lines; the question is returned. */
    private CompletableFuture<String> backend(Path socket, String... lines) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        return CompletableFuture.supplyAsync(() -> {
            try (server;
                    SocketChannel caller = server.accept()) {
                BufferedReader reader = new BufferedReader(Channels.newReader(caller, StandardCharsets.UTF_8));
                String question = reader.readLine();
                for (String line : lines) {
                    caller.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
                }
                return question;
            } catch (IOException e) {
                throw new IllegalStateException("the fake backend failed", e);
            }
        });
    }

    private int run(String... args) {
        return CloisterMain.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @Test
    void a_pause_is_asked_for_and_shown_in_words() throws IOException {
        Path socket = folder.resolve("s");
        CompletableFuture<String> asked =
                backend(socket, "{\"ok\":true,\"result\":{\"submissions\":\"PAUSED\",\"since\":1767225600}}");

        assertThat(run("submissions", "pause", "--socket", socket.toString())).isZero();

        assertThat(out.toString())
                .isEqualTo("paused by an operator since 2026-01-01T00:00:00Z: `cloister submissions resume` ends it\n");
        assertThat(asked.join()).contains("\"verb\":\"submissions.pause\"", "\"args\":{}");
    }

    @Test
    void the_list_of_leases_says_beside_it_that_nothing_is_submitted() throws IOException {
        Path socket = folder.resolve("s");
        CompletableFuture<String> asked = backend(
                socket,
                "{\"ok\":true,\"result\":{\"leases\":[],\"submissions\":{\"submissions\":\"BROKEN\",\"until\":1767225600}}}");

        assertThat(run("lease", "list", "--socket", socket.toString())).isZero();

        assertThat(err.toString()).startsWith("submissions: broken off until 2026-01-01T00:00:00Z");
        assertThat(asked.join()).contains("\"verb\":\"lease.list\"");
    }

    @Test
    void a_project_is_created_and_its_number_printed_alone() throws IOException {
        Path socket = folder.resolve("s");
        CompletableFuture<String> asked = backend(socket, "{\"ok\":true,\"result\":{\"project\":7}}");

        assertThat(run("project", "create", "--spread", "--idle-seconds", "30", "--socket", socket.toString()))
                .isZero();

        assertThat(out.toString()).isEqualTo("7\n");
        assertThat(asked.join())
                .contains("\"verb\":\"project.create\"", "\"spread\":true", "\"idleSeconds\":30", "\"v\":1")
                .contains("\"isolation\":\"PROJECT\"", "\"warmWorkers\":0", "\"dayCpuMin\":0");
    }

    @Test
    void progress_goes_to_standard_error_and_the_address_to_standard_output() throws IOException {
        Path socket = folder.resolve("s");
        CompletableFuture<String> asked = backend(
                socket,
                "{\"progress\":\"the CVM boots on vmhost1\"}",
                "{\"ok\":true,\"result\":{\"state\":\"UP\",\"address\":\"10.77.1.10\"}}");

        assertThat(run("cvm", "start", "1", "--socket", socket.toString())).isZero();

        assertThat(asked.join()).contains("cvm.start");
        assertThat(err.toString()).isEqualTo("the CVM boots on vmhost1\n");
        assertThat(out.toString()).isEqualTo("10.77.1.10\n");
    }

    @Test
    void a_project_is_removed_and_each_step_is_told() throws IOException {
        Path socket = folder.resolve("s");
        CompletableFuture<String> asked = backend(
                socket,
                "{\"progress\":\"2 leases are being ended\"}",
                "{\"ok\":true,\"result\":{\"project\":7,\"removal\":\"REMOVED\"}}");

        assertThat(run("project", "remove", "7", "--drain", "--socket", socket.toString()))
                .isZero();

        assertThat(asked.join()).contains("\"verb\":\"project.remove\"", "\"project\":7", "\"drain\":true");
        assertThat(err.toString()).isEqualTo("2 leases are being ended\n");
        assertThat(out.toString()).isEqualTo("REMOVED\n");
    }

    @Test
    void a_member_is_removed_by_number_and_without_drain_unless_it_is_said() throws IOException {
        Path socket = folder.resolve("s");
        CompletableFuture<String> asked =
                backend(socket, "{\"ok\":true,\"result\":{\"project\":7,\"member\":2,\"removal\":\"REMOVED\"}}");

        assertThat(run("member", "remove", "7", "2", "--socket", socket.toString()))
                .isZero();

        assertThat(asked.join()).contains("\"verb\":\"member.remove\"", "\"member\":2", "\"drain\":false");
        assertThat(out.toString()).isEqualTo("REMOVED\n");
    }

    @Test
    void what_the_backend_refuses_is_one_line_and_exit_code_1() throws IOException {
        Path socket = folder.resolve("s");
        CompletableFuture<String> asked = backend(socket, "{\"ok\":false,\"error\":\"there is no project 9\"}");

        assertThat(run("project", "show", "9", "--socket", socket.toString())).isEqualTo(1);

        assertThat(asked.join()).contains("project.show");
        assertThat(err.toString()).isEqualTo("cloister: there is no project 9\n");
    }

    @Test
    void leases_are_a_table_or_json() throws IOException {
        String answer =
                "{\"ok\":true,\"result\":{\"leases\":[{\"project\":1,\"lease\":2,\"state\":\"RUNNING\",\"hosts\":[\"a\",\"b\"]}]}}";
        CompletableFuture<String> first = backend(folder.resolve("s"), answer);
        assertThat(run("lease", "list", "--socket", folder.resolve("s").toString()))
                .isZero();
        assertThat(first.join()).contains("\"project\":null");
        assertThat(out.toString())
                .contains("PROJECT  LEASE  STATE")
                .contains("1        2      RUNNING")
                .contains("a,b");

        out.getBuffer().setLength(0);
        CompletableFuture<String> second = backend(folder.resolve("t"), answer);
        assertThat(run(
                        "lease",
                        "list",
                        "1",
                        "--json",
                        "--socket",
                        folder.resolve("t").toString()))
                .isZero();
        assertThat(second.join()).contains("\"project\":1");
        assertThat(out.toString()).startsWith("{\"leases\":[");
    }

    @Test
    void usage_is_a_table_and_a_difference_is_another_with_exit_code_1() throws IOException {
        String row = "{\"project\":1,\"lease\":2,\"attempt\":1,\"job\":77,\"state\":\"COMPLETED\",\"cpus\":4,"
                + "\"elapsedSeconds\":100,\"cpuSeconds\":400,\"usedCpuSeconds\":150,\"flags\":[\"NOT_REPORTED\"]}";
        CompletableFuture<String> first =
                backend(folder.resolve("s"), "{\"ok\":true,\"result\":{\"usage\":[" + row + "],\"differences\":[]}}");
        assertThat(run(
                        "usage",
                        "--project",
                        "1",
                        "--from",
                        "2026-11-01",
                        "--to",
                        "2026-11-02T00:00:00.5Z",
                        "--socket",
                        folder.resolve("s").toString()))
                .isZero();
        assertThat(first.join())
                .contains("\"verb\":\"usage\"", "\"project\":1", "\"from\":1793491200", "\"until\":1793577601");
        assertThat(out.toString())
                .contains("COMPLETED")
                .contains("NOT_REPORTED")
                .doesNotContain("KIND");

        String difference = "{\"kind\":\"EDITED\",\"project\":1,\"lease\":2,\"attempt\":1,\"job\":77,"
                + "\"what\":\"cpus 4 in the ledger, 3 in slurmdbd\"}";
        CompletableFuture<String> second = backend(
                folder.resolve("t"),
                "{\"ok\":true,\"result\":{\"usage\":[" + row + "],\"differences\":[" + difference + "]}}");
        assertThat(run("usage", "--socket", folder.resolve("t").toString())).isEqualTo(1);
        assertThat(second.join()).contains("\"project\":null");
        assertThat(out.toString()).contains("EDITED").contains("cpus 4 in the ledger, 3 in slurmdbd");
        assertThat(run("usage", "--from", "yesterday")).isEqualTo(1);
        assertThat(err.toString()).contains("not a time: yesterday");
    }

    @Test
    void a_backend_that_is_not_there_is_named_with_what_to_do() {
        assertThat(run("host", "list", "--socket", folder.resolve("none").toString()))
                .isEqualTo(1);
        assertThat(err.toString())
                .startsWith("cloister: the backend can't be reached")
                .contains("is it running");
    }

    @Test
    void what_is_not_a_command_is_exit_code_2() {
        assertThat(run("host", "remove", "a")).isEqualTo(2);
        assertThat(run("member", "add", "1", "alice")).isEqualTo(2);
    }

    @Test
    void only_the_policies_that_are_named_are_set() throws IOException {
        Path socket = folder.resolve("s");
        CompletableFuture<String> asked =
                backend(socket, "{\"ok\":true,\"result\":{\"project\":7,\"isolation\":\"USER\",\"dayCpuMin\":600}}");

        assertThat(run(
                        "project",
                        "set",
                        "7",
                        "--isolation",
                        "user",
                        "--day-cpu-minutes",
                        "600",
                        "--socket",
                        socket.toString()))
                .isZero();

        assertThat(out.toString()).contains("USER", "600");
        assertThat(asked.join())
                .contains("\"verb\":\"project.set\"", "\"isolation\":\"USER\"", "\"dayCpuMin\":600")
                .contains("\"warmWorkers\":null", "\"idleSeconds\":null", "\"spread\":null");
    }
}
