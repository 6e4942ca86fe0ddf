package cloister.backend.host;

import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

@Component
final class StoredHosts implements Hosts {
    private final JdbcClient database;

    StoredHosts(JdbcClient database) {
        this.database = database;
    }

    @Override
    public void add(String name, boolean service) {
        Host host = new Host(name, service);
        database.sql("""
                        insert into host (name, service) values (:name, :service)
                        on conflict (name) do update set service = excluded.service""")
                .param("name", host.name())
                .param("service", host.service())
                .update();
    }

    @Override
    public List<Host> list() {
        return database.sql("select name, service from host order by name")
                .query((row, number) -> new Host(row.getString("name"), row.getBoolean("service")))
                .list();
    }
}
