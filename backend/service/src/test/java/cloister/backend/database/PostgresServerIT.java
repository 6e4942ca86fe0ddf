package cloister.backend.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerIT {
    @TempDir
    Path folder;

    private DatabaseConfig config() {
        return new DatabaseConfig(folder, Duration.ofSeconds(120), Duration.ofSeconds(60), 4);
    }

    private static Connection connect(PostgresServer server) throws SQLException {
        Properties who = new Properties();
        who.setProperty("user", PostgresServer.role());
        return DriverManager.getConnection(server.url(), who);
    }

    private static String ask(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = connect(server);
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (ResultSet rows = statement.getResultSet()) {
                assertThat(rows.next()).isTrue();
                return rows.getString(1);
            }
        }
    }

    @Test
    void data_outlives_a_restart_and_every_commit_is_on_disk() throws Exception {
        try (PostgresServer server = PostgresServer.start(config(), () -> {})) {
            ask(server, "create table kept (value int)");
            ask(server, "insert into kept values (7)");
            assertThat(ask(server, "show fsync")).isEqualTo("on");
            assertThat(ask(server, "show synchronous_commit")).isEqualTo("on");
            assertThat(ask(server, "show listen_addresses")).as("no TCP port").isEmpty();
            assertThat(Files.getPosixFilePermissions(folder.resolve("socket")).toString())
                    .doesNotContain("GROUP", "OTHERS");
        }
        try (PostgresServer server = PostgresServer.start(config(), () -> {})) {
            assertThat(ask(server, "select value from kept")).isEqualTo("7");
        }
    }

    @Test
    void a_second_backend_on_the_same_folder_is_refused_in_words() throws Exception {
        try (PostgresServer server = PostgresServer.start(config(), () -> {})) {
            assertThat(ask(server, "select 1")).isEqualTo("1");
            assertThatThrownBy(() -> PostgresServer.start(config(), () -> {}))
                    .hasMessageContaining("another backend runs on");
        }
    }

    @Test
    void a_server_that_ends_by_itself_is_noticed() throws Exception {
        CountDownLatch lost = new CountDownLatch(1);
        PostgresServer server = PostgresServer.start(config(), lost::countDown);
        try {
            long postmaster = Long.parseLong(
                    Files.readAllLines(folder.resolve("data/postmaster.pid")).getFirst());
            assertThat(ProcessHandle.of(postmaster).orElseThrow().destroyForcibly())
                    .isTrue();
            assertThat(lost.await(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            server.close();
        }
    }

    @Test
    void a_connection_gives_up_waiting_for_an_answer_after_its_time_out() throws Exception {
        Executor sameThread = Runnable::run;
        try (PostgresServer server = PostgresServer.start(config(), () -> {});
                Connection connection = connect(server);
                Statement statement = connection.createStatement()) {
            connection.setNetworkTimeout(sameThread, 300);
            assertThatThrownBy(() -> statement.execute("select pg_sleep(30)"))
                    .isInstanceOf(SQLException.class)
                    .isNotInstanceOf(SQLTimeoutException.class)
                    .hasRootCauseMessage("no answer within 300 ms");
        }
    }
}
