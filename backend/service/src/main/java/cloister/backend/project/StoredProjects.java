package cloister.backend.project;

import cloister.broker.Members;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;
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
    private final RemovalLoop removals;
    private final Tenancy tenancy;

    StoredProjects(
            ProjectStore store, TransactionTemplate transactions, CvmLoop cvms, RemovalLoop removals, Tenancy tenancy) {
        this.removals = removals;
        this.tenancy = tenancy;
        this.store = store;
        this.transactions = transactions;
        this.cvms = cvms;
    }

    @Override
    public int create(ProjectPolicy policy) {
        int number = transactions.execute(_ -> store.insert(policy));
        LOG.info("project {} made", number);
        return number;
    }

    @Override
    public ProjectPolicy set(int project, UnaryOperator<ProjectPolicy> change) {
        return transactions.execute(_ -> {
            Project held = staying(project);
            ProjectPolicy next = change.apply(held.policy());
            if (next.isolation() != held.policy().isolation()
                    && !(held.cvm() instanceof Cvm.Off(var _, Cvm.Drive.Blank _))) {
                throw new IllegalArgumentException("who shares a worker can't change while the project has a CVM or"
                        + " its drive: queue, workers and their mounts follow from it. Make the project anew, or delete"
                        + " its CVM, which loses what is on its drive, and start it again");
            }
            LOG.info("project {}: {}", project, next);
            store.policy(project, next);
            return next;
        });
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
        if (keys.size() > MOST_KEY_LINES) {
            throw new IllegalArgumentException("too many lines of keys");
        }
        List<SshKey> parsed = keys.stream()
                .filter(line -> !line.isBlank())
                .map(SshKey::parse)
                .distinct()
                .toList();
        int number = transactions.execute(_ -> {
            staying(project);
            if (store.others(project, login, uid)) {
                throw new IllegalArgumentException(
                        "a member who left has this login or uid, and files under it: who comes"
                                + " back has both as before, who is new has neither");
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

    /** Holds a project that nobody removes. */
    private Project staying(int project) {
        Project held = store.hold(project).orElseThrow(() -> unknown(project));
        if (held.removal() != Removal.NONE) {
            throw new IllegalArgumentException("project " + project + " is removed or about to be");
        }
        return held;
    }

    @Override
    public List<Integer> booked(int project) {
        return store.booked(project);
    }

    @Override
    public void remove(int project, boolean drain) {
        transactions.executeWithoutResult(_ -> {
            Project held = store.hold(project).orElseThrow(() -> unknown(project));
            if (held.removal() == Removal.NONE) {
                // Who records a lease holds the project too: none comes between the look and the end of this.
                idle(tenancy.live(project, OptionalInt.empty()), drain);
                LOG.info("project {} is to be removed", project);
                store.removal(project, Removal.DRAINING);
            }
        });
        removals.wake();
    }

    @Override
    public void removeMember(int project, int member, boolean drain) {
        transactions.executeWithoutResult(_ -> {
            staying(project);
            Removal removal = store.memberRemoval(project, member)
                    .orElseThrow(() -> new IllegalArgumentException(
                            "project " + project + " has no such member: see `cloister project show " + project + "`"));
            if (removal == Removal.NONE) {
                idle(tenancy.live(project, OptionalInt.of(member)), drain);
                LOG.info("member {} of project {} is to be removed", member, project);
                store.leave(project, member);
            }
        });
        removals.wake();
    }

    private static void idle(int live, boolean drain) {
        if (live > 0 && !drain) {
            throw new IllegalArgumentException(
                    live + " leases live: see `cloister lease list`, and end them with --drain or wait for them");
        }
    }

    @Override
    public Removing awaitRemoval(int project, Duration longest) throws InterruptedException {
        removals.await(longest);
        return removals.of(store.find(project).orElseThrow(() -> unknown(project)));
    }

    @Override
    public Removing awaitRemoval(int project, int member, Duration longest) throws InterruptedException {
        removals.await(longest);
        return removals.of(project, member);
    }

    @Override
    public OptionalInt ofKey(Spki key) {
        return cvms.ofKey(key);
    }

    @Override
    public void startCvm(int project, Optional<String> host) {
        cvms.startAsked(known(project), host);
    }

    @Override
    public void stopCvm(int project) {
        cvms.stopAsked(known(project));
    }

    @Override
    public void fenceCvm(int project) {
        cvms.fenced(known(project));
    }

    @Override
    public void deleteCvm(int project) {
        cvms.deleteAsked(known(project));
    }

    private int known(int project) {
        return store.find(project).orElseThrow(() -> unknown(project)).number();
    }

    @Override
    public Cvm awaitCvm(int project, Cvm seen, Duration longest) throws InterruptedException {
        return cvms.await(project, seen, longest);
    }
}
