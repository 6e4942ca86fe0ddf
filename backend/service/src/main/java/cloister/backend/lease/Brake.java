package cloister.backend.lease;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * What keeps leases from being submitted: the operators' pause, which is stored and outlives the backend, and the breaker, which
 * is not: a new backend tries, and counts the failures anew.
 */
@Component
class Brake {
    private final JdbcClient database;
    private final Breaker breaker;

    Brake(JdbcClient database, LeaseConfig config) {
        this.database = database;
        this.breaker = new Breaker(config.breakerFailures(), config.breakerPause());
    }

    Breaker breaker() {
        return breaker;
    }

    /** Since when the operators let nothing be submitted; empty where they do. */
    Optional<Instant> pausedSince() {
        return database.sql("select since from submission_pause")
                .query((row, _) -> row.getTimestamp("since").toInstant())
                .optional();
    }

    /** From now on nothing is submitted; a pause that stands goes on. */
    void pause(Instant at) {
        database.sql("insert into submission_pause (since) values (?) on conflict do nothing")
                .param(Timestamp.from(at))
                .update();
    }

    void resume() {
        database.sql("delete from submission_pause").update();
    }
}
