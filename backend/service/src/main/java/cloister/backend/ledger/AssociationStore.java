package cloister.backend.ledger;

import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** What we have had made in slurmdbd: only that is ever removed there. */
@Repository
class AssociationStore {
    private final JdbcClient database;

    AssociationStore(JdbcClient database) {
        this.database = database;
    }

    Set<Association> made() {
        return Set.copyOf(database.sql("select name from ledger_association")
                .query((row, _) -> Association.of(row.getString("name")))
                .list());
    }

    void made(Association association) {
        database.sql("insert into ledger_association (name) values (?) on conflict (name) do nothing")
                .param(association.name())
                .update();
    }

    void removed(Association association) {
        database.sql("delete from ledger_association where name = ?")
                .param(association.name())
                .update();
    }
}
