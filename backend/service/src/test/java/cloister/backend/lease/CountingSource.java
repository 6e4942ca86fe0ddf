package cloister.backend.lease;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Counts how often somebody goes to the database: once for each transaction, or for a statement outside of one. */
final class CountingSource extends DelegatingDataSource {
    private final AtomicInteger taken = new AtomicInteger();

    CountingSource(DataSource source) {
        super(source);
    }

    int taken() {
        return taken.get();
    }

    @Override
    public Connection getConnection() throws SQLException {
        taken.incrementAndGet();
        return super.getConnection();
    }
}
