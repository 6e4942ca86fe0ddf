package cloister.backend.database;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.util.FileSystemUtils;

/** A database with our tables, for tests of other rooms. */
public final class TestDatabase implements AutoCloseable {
    private final Path folder;
    private final PostgresServer server;
    private final HikariDataSource source;

    /** Starts it. */
    public TestDatabase() {
        try {
            folder = Files.createTempDirectory("cloister-db");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server = PostgresServer.start(
                new DatabaseConfig(folder, Duration.ofSeconds(120), Duration.ofSeconds(60), 10), () -> {});
        source = new HikariDataSource();
        source.setJdbcUrl(server.url());
        source.setUsername(PostgresServer.role());
        source.setMaximumPoolSize(10);
        Flyway.configure().dataSource(source).load().migrate();
    }

    /** Connections to it. */
    public DataSource source() {
        return source;
    }

    @Override
    public void close() {
        source.close();
        server.close();
        try {
            FileSystemUtils.deleteRecursively(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
