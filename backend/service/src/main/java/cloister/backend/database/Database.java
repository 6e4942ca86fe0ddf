package cloister.backend.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Starts the server before anything asks for a connection, and stops it after the last one is closed. */
@Configuration(proxyBeanMethods = false)
class Database {
    private static final Logger LOG = LoggerFactory.getLogger(Database.class);

    @Bean(destroyMethod = "close")
    PostgresServer postgresServer(DatabaseConfig config, ConfigurableApplicationContext application) {
        return PostgresServer.start(config, () -> {
            LOG.error("PostgreSQL ended by itself; the backend ends too, so that its supervisor starts both anew");
            Thread.ofPlatform().name("database-lost").start(() -> {
                application.close();
                System.exit(1);
            });
        });
    }

    @Bean(destroyMethod = "close")
    DataSource dataSource(DatabaseConfig config, PostgresServer server) {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(server.url());
        pool.setUsername(PostgresServer.role());
        pool.setMaximumPoolSize(config.connections());
        pool.setPoolName("database");
        return new HikariDataSource(pool);
    }
}
