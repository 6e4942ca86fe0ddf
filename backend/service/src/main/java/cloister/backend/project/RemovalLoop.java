package cloister.backend.project;

import cloister.backend.pulse.Paced;
import cloister.backend.pulse.Pulse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Takes away what is left of projects and members that are being removed: the leases, then the CVM with its drive, then the
 * addresses once their quarantine is over, then the account. Only how far it is is stored; each pass looks at what is left and
 * does the next step again, so a backend that was killed goes on where it was.
 */
@Component
class RemovalLoop implements Paced {
    private static final Logger LOG = LoggerFactory.getLogger(RemovalLoop.class);

    private final ProjectStore store;
    private final TransactionTemplate transactions;
    private final CvmLoop cvms;
    private final Tenancy tenancy;
    private final Books books;
    private final Object passed = new Object();
    private final Pulse pulse;

    /** Of this backend's life; guarded by {@code passed}. */
    private long passes;

    RemovalLoop(
            ProjectStore store,
            TransactionTemplate transactions,
            CvmLoop cvms,
            Tenancy tenancy,
            Books books,
            ProjectConfig config,
            InstantSource clock) {
        this.store = store;
        this.transactions = transactions;
        this.cvms = cvms;
        this.tenancy = tenancy;
        this.books = books;
        this.pulse = new Pulse("removal-loop", config.look(), clock, this::pass);
    }

    /** One look at everything that is being removed. */
    void pass() {
        tenancy.endUnwanted();
        for (Project project : store.all()) {
            switch (project.removal()) {
                case NONE -> {}
                case DRAINING -> drain(project);
                case CLOSING -> close(project.number());
                case REMOVED -> {}
            }
        }
        for (ProjectStore.Leaver leaver : store.leavers()) {
            if (tenancy.live(leaver.project(), OptionalInt.of(leaver.member())) == 0) {
                LOG.info("member {} of project {} is removed", leaver.member(), leaver.project());
                store.memberRemoval(leaver.project(), leaver.member(), Removal.REMOVED);
            }
        }
        synchronized (passed) {
            passes++;
            passed.notifyAll();
        }
    }

    private void drain(Project project) {
        int number = project.number();
        if (tenancy.live(number, OptionalInt.empty()) > 0) {
            return;
        }
        switch (project.cvm()) {
            case Cvm.Starting _,
                    Cvm.Up _,
                    Cvm.Stopping(var _, var _, Cvm.Drive.Kept _),
                    Cvm.Off(var _, Cvm.Drive.Kept _) -> cvms.deleteAsked(number);
            case Cvm.Stopping(var _, var _, Cvm.Drive.Blank _) -> {}
            case Cvm.Off(var _, Cvm.Drive.Blank _) -> {
                if (tenancy.addresses(number) == 0 && books.open(number) == 0) {
                    LOG.info("nothing of project {} runs any more: its account is closed", number);
                    transactions.executeWithoutResult(_ -> store.close(number));
                }
            }
        }
    }

    private void close(int project) {
        if (books.closed(project)) {
            LOG.info("project {} is removed", project);
            store.removal(project, Removal.REMOVED);
        }
    }

    void wake() {
        pulse.wake();
    }

    /** Where the removal of a project is. */
    Removing of(Project project) {
        return new Removing(
                project.removal(),
                switch (project.removal()) {
                    case NONE -> "nobody asked for its removal";
                    case DRAINING -> draining(project);
                    case CLOSING -> "its account in slurmdbd is still there: the backend's log says why, if that lasts";
                    case REMOVED -> "";
                });
    }

    private String draining(Project project) {
        int leases = tenancy.live(project.number(), OptionalInt.empty());
        if (leases > 0) {
            return leases + " leases are being ended";
        }
        if (!(project.cvm() instanceof Cvm.Off(var _, Cvm.Drive.Blank _))) {
            return "its CVM and drive are taken away";
        }
        int addresses = tenancy.addresses(project.number());
        if (addresses > 0) {
            return addresses + " addresses are in quarantine";
        }
        return books.open(project.number()) + " placeholders are not settled with slurmdbd";
    }

    /** Where the removal of a member is. */
    Removing of(int project, int member) {
        Removal state = store.memberRemoval(project, member)
                .orElseThrow(() -> new IllegalArgumentException("there is no such member"));
        return new Removing(
                state,
                switch (state) {
                    case NONE, CLOSING -> "nobody asked for the member's removal";
                    case DRAINING -> tenancy.live(project, OptionalInt.of(member)) + " leases are being ended";
                    case REMOVED -> "";
                });
    }

    /** Waits for the end of a pass, at most so long. */
    void await(Duration longest) throws InterruptedException {
        synchronized (passed) {
            long seen = passes;
            long until = System.nanoTime() + longest.toNanos();
            for (long left = longest.toMillis(); passes == seen && left > 0; ) {
                passed.wait(left);
                left = Duration.ofNanos(until - System.nanoTime()).toMillis();
            }
        }
    }

    @Override
    public Pulse pulse() {
        return pulse;
    }
}
