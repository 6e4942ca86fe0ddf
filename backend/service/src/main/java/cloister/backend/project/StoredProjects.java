package cloister.backend.project;

import cloister.broker.Members;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

@Service
class StoredProjects implements Projects {
    private static final Logger LOG = LoggerFactory.getLogger(StoredProjects.class);
    private static final int MOST_KEY_LINES = 32;

    private final ProjectStore store;
    private final TransactionTemplate transactions;
    private final CvmLoop cvms;

    StoredProjects(ProjectStore store, TransactionTemplate transactions, CvmLoop cvms) {
        this.store = store;
        this.transactions = transactions;
        this.cvms = cvms;
    }

    @Override
    public int create(boolean spread, int idleSeconds) {
        int number = transactions.execute(_ -> store.insert(spread, idleSeconds));
        LOG.info("project {} made", number);
        return number;
    }

    @Override
    public Optional<Project> find(int number) {
        return store.find(number);
    }

    @Override
    public List<Project> list() {
        return store.all();
    }

    @Override
    public int addMember(int project, String login, int uid, List<String> keys) {
        if (keys.size() > MOST_KEY_LINES) {
            throw new IllegalArgumentException("too many lines of keys");
        }
        List<SshKey> parsed = keys.stream()
                .filter(line -> !line.isBlank())
                .map(SshKey::parse)
                .distinct()
                .toList();
        int number = transactions.execute(_ -> {
            if (store.hold(project).isEmpty()) {
                throw unknown(project);
            }
            if (store.taken(project, login, uid)) {
                throw new IllegalArgumentException("the project has a member with this login or uid: choose another");
            }
            return store.insertMember(project, login, uid, parsed);
        });
        LOG.info("project {} has a member {} more", project, number);
        return number;
    }

    private static IllegalArgumentException unknown(int project) {
        return new IllegalArgumentException("there is no project " + project + ": see `cloister project create`");
    }

    @Override
    public Members members(int project) {
        return transactions.execute(_ -> {
            if (store.hold(project).isEmpty()) {
                throw unknown(project);
            }
            return new Members(
                    store.epoch(project),
                    store.members(project).stream()
                            .map(member -> new Members.Member(
                                    member.number(),
                                    member.login(),
                                    member.uid(),
                                    member.keys().stream().map(SshKey::line).toList()))
                            .toList());
        });
    }

    @Override
    public OptionalInt ofKey(Spki key) {
        return cvms.ofKey(key);
    }

    @Override
    public void startCvm(int project) {
        if (store.find(project).isEmpty()) {
            throw unknown(project);
        }
        cvms.startAsked(project);
    }

    @Override
    public void stopCvm(int project) {
        if (store.find(project).isEmpty()) {
            throw unknown(project);
        }
        cvms.stopAsked(project);
    }

    @Override
    public Cvm awaitCvm(int project, Cvm seen, Duration longest) throws InterruptedException {
        return cvms.await(project, seen, longest);
    }
}
