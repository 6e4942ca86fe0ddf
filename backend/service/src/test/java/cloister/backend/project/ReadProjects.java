package cloister.backend.project;

import cloister.backend.project.testing.StayingProjects;
import cloister.broker.Members;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The projects that a database holds, read as the application reads them; their CVMs stay as they are. */
public final class ReadProjects extends StayingProjects {
    private final ProjectStore store;
    private final TransactionTemplate transactions;

    /** Of this database. */
    public ReadProjects(DataSource source) {
        transactions = new TransactionTemplate(new DataSourceTransactionManager(source));
        store = new ProjectStore(JdbcClient.create(source));
    }

    @Override
    public int create(ProjectPolicy policy) {
        return transactions.execute(_ -> store.insert(policy));
    }

    /** Has its CVM in that state. */
    public void become(int number, Cvm cvm) {
        store.save(number, cvm);
    }

    @Override
    public Optional<Project> find(int number) {
        return store.find(number);
    }

    @Override
    public List<Project> find(Set<Integer> numbers) {
        return store.find(numbers);
    }

    @Override
    public List<Project> list() {
        return store.all();
    }

    @Override
    public int addMember(int project, String login, int uid, List<String> keys) {
        return store.insertMember(
                project, login, uid, keys.stream().map(SshKey::parse).toList());
    }

    @Override
    public Members members(int project) {
        throw new UnsupportedOperationException("nobody asks for them");
    }

    @Override
    public OptionalInt ofKey(Spki key) {
        throw new UnsupportedOperationException("nobody calls");
    }

    @Override
    public void startCvm(int project, Optional<String> host) {
        throw new UnsupportedOperationException("it is up");
    }

    @Override
    public void stopCvm(int project) {
        throw new UnsupportedOperationException("it stays up");
    }

    @Override
    public void fenceCvm(int project) {
        throw new UnsupportedOperationException("it stays up");
    }

    @Override
    public void deleteCvm(int project) {
        throw new UnsupportedOperationException("it stays up");
    }

    @Override
    public Cvm awaitCvm(int project, Cvm seen, Duration longest) {
        return seen;
    }

    @Override
    public List<Integer> booked(int project) {
        return store.booked(project);
    }
}
