package cloister.backend.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM with a server is killed in the middle of its commits; the next one goes on with everything that was committed. */
class KilledBackendIT {
    @TempDir
    Path folder;

    /** What is killed: prints each number once its commit returned. */
    static final class Victim {
        public static void main(String[] args) throws SQLException {
            PostgresServer server = PostgresServer.start(config(Path.of(args[0])), () -> {});
            try (Connection connection = connect(server);
                    Statement statement = connection.createStatement()) {
                statement.execute("create table if not exists kept (value int)");
                for (int i = Integer.parseInt(args[1]); ; i++) {
                    statement.execute("insert into kept values (" + i + ")");
                    System.out.println("committed " + i);
                }
            }
        }
    }

    private static DatabaseConfig config(Path folder) {
        return new DatabaseConfig(folder, Duration.ofSeconds(120), Duration.ofSeconds(60), 4);
    }

    private static Connection connect(PostgresServer server) throws SQLException {
        Properties who = new Properties();
        who.setProperty("user", PostgresServer.role());
        return DriverManager.getConnection(server.url(), who);
    }

    private int killAfter(int first, int commits) throws Exception {
        Process victim = new ProcessBuilder(List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        folder.toString(),
                        Integer.toString(first)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int last = 0;
        try (BufferedReader lines = victim.inputReader()) {
            for (String line = lines.readLine(); line != null && last < first + commits; line = lines.readLine()) {
                if (line.startsWith("committed ")) {
                    last = Integer.parseInt(line.substring("committed ".length()));
                }
            }
        } finally {
            victim.destroyForcibly();
        }
        assertThat(victim.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return last;
    }

    private int largest() throws SQLException {
        try (PostgresServer server = PostgresServer.start(config(folder), () -> {});
                Connection connection = connect(server);
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery("select max(value) from kept")) {
            assertThat(rows.next()).isTrue();
            return rows.getInt(1);
        }
    }

    @Test
    void nothing_that_was_committed_is_lost_when_the_backend_is_killed_again_and_again() throws Exception {
        int first = killAfter(1, 20);
        int second = killAfter(first + 1_000, 20);
        assertThat(second).isGreaterThan(first + 1_000);
        assertThat(largest()).isGreaterThanOrEqualTo(second);
    }

    @Test
    void a_pid_file_that_names_another_program_does_not_stop_the_start() throws Exception {
        int last = killAfter(1, 5);
        long orphan = Long.parseLong(
                Files.readAllLines(folder.resolve("data/postmaster.pid")).getFirst());
        ProcessHandle.of(orphan).ifPresent(ProcessHandle::destroyForcibly);
        ProcessHandle.of(orphan).ifPresent(process -> process.onExit().join());
        List<String> lines = Files.readAllLines(folder.resolve("data/postmaster.pid"));
        lines.set(0, Long.toString(ProcessHandle.current().pid()));
        Files.write(folder.resolve("data/postmaster.pid"), lines);

        assertThat(largest()).isGreaterThanOrEqualTo(last);
        assertThat(ProcessHandle.current().isAlive()).isTrue();
    }
}
