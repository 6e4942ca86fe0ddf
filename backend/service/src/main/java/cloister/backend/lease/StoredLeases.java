package cloister.backend.lease;

import cloister.backend.project.Project;
import cloister.backend.project.ProjectPolicy;
import cloister.backend.project.Projects;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.Limits;
import cloister.broker.Numbers;
import cloister.broker.ReasonCode;
import cloister.broker.UsageReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

@Service
class StoredLeases implements Leases {
    private final Wishes wishes;
    private final LeaseStore store;
    private final LeaseMoves moves;
    private final LeaseWake loop;
    private final Changes changes;
    private final Projects projects;
    private final LimitsConfig limits;
    private final TransactionTemplate transactions;
    private final Brake brake;
    private final Duration grace;

    StoredLeases(
            Wishes wishes,
            LeaseStore store,
            LeaseMoves moves,
            LeaseWake loop,
            Changes changes,
            Projects projects,
            LimitsConfig limits,
            LeaseConfig config,
            Brake brake,
            TransactionTemplate transactions) {
        this.brake = brake;
        this.wishes = wishes;
        this.store = store;
        this.moves = moves;
        this.loop = loop;
        this.changes = changes;
        this.projects = projects;
        this.limits = limits;
        this.transactions = transactions;
        this.grace = config.grace();
    }

    @Override
    public Put put(int project, int n, LeaseRequest wish) {
        Wishes.Taken taken = wishes.take(new LeaseId(project, n), wish);
        taken.recorded().ifPresent(lease -> {
            changes.happened(project);
            if (!(lease.lease().state() instanceof Lease.Ended)) {
                loop.wakeFor(lease);
            }
        });
        return taken.put();
    }

    private Project project(int project) {
        return projects.find(project).orElseThrow(() -> new IllegalStateException("its CVM just called"));
    }

    @Override
    public boolean release(int project, int n) {
        return move(project, n, new Lease.Event.ReleaseAsked(moves.now(), ReasonCode.RELEASED));
    }

    @Override
    public boolean cancel(int project, int n) {
        return move(project, n, new Lease.Event.ReleaseAsked(moves.now(), ReasonCode.CANCELLED_BY_ADMIN));
    }

    @Override
    public boolean releaseWorker(int project, int n, int k) {
        return store.find(new LeaseId(project, n))
                        .filter(lease -> k <= lease.wish().workers())
                        .isPresent()
                && move(project, n, new Lease.Event.WorkerReleased(moves.now(), k));
    }

    private boolean move(int project, int n, Lease.Event event) {
        // What is to be done outside the loop does: it looks at the stored state.
        boolean known = moves.on(new LeaseId(project, n), event) != null;
        loop.wake();
        return known;
    }

    @Override
    public Extension extend(int project, int n, int termMin) {
        Extension extension = transactions.execute(_ -> store.hold(new LeaseId(project, n))
                .map(lease -> {
                    if (termMin == lease.termMin()) {
                        return Extension.EXTENDED;
                    }
                    if (termMin < lease.termMin() || termMin > limits.maxTermMin()) {
                        return Extension.BEYOND_LIMITS;
                    }
                    // In between the placeholder is on its way, and its limit is not known to be what we asked for.
                    if (!(lease.state() instanceof Lease.Recorded) && !(lease.state() instanceof Lease.Running)) {
                        return Extension.TOO_LATE;
                    }
                    int most = project(project).policy().dayCpuMin();
                    long more = LeaseRecord.cpuMinutes(lease.wish(), termMin - lease.termMin());
                    if (most > 0 && store.holdSpent(project) + more > most) {
                        return Extension.BEYOND_LIMITS;
                    }
                    store.setTerm(lease.id(), termMin);
                    return Extension.EXTENDED;
                })
                .orElse(Extension.UNKNOWN));
        if (extension == Extension.EXTENDED) {
            move(
                    project,
                    n,
                    new Lease.Event.MoreTime(
                            moves.now(), Duration.ofMinutes(termMin).plus(grace)));
        }
        return extension;
    }

    @Override
    public boolean report(int project, int n, UsageReport report) {
        return transactions.execute(_ -> {
            Optional<LeaseRecord> lease = store.hold(new LeaseId(project, n))
                    .filter(known -> report.worker() <= known.wish().workers());
            lease.ifPresent(known -> store.report(known.id(), report));
            return lease.isPresent();
        });
    }

    @Override
    public Optional<LeaseList> changes(int project, long since, Duration wait) throws InterruptedException {
        Instant until = moves.now().plus(wait);
        while (true) {
            long seen = changes.now(project);
            // Read in this order: what is newer than the revision comes twice, what is older never goes missing.
            long revision = store.revision(project);
            if (since > revision) {
                return Optional.empty();
            }
            Duration left = Duration.between(moves.now(), until);
            if (since < revision || !left.isPositive()) {
                return Optional.of(new LeaseList(revision, store.changed(project, since)));
            }
            changes.await(project, seen, left);
        }
    }

    @Override
    public Limits limits(int project) {
        ProjectPolicy policy = project(project).policy();
        return new Limits(
                limits.maxCpus(),
                limits.maxMemMib(),
                limits.maxWorkers(),
                limits.maxTermMin(),
                limits.maxScratchMib(),
                limits.maxGpus(),
                Numbers.memoryStepMiB(),
                Numbers.scratchStepMiB(),
                Numbers.termStepMinutes(),
                limits.gpuKinds(),
                policy.idleSeconds(),
                policy.spread(),
                policy.isolation(),
                policy.warmWorkers(),
                policy.dayCpuMin(),
                store.next(project));
    }

    @Override
    public Submissions submissions() {
        return new Submissions(brake.pausedSince(), brake.breaker().until(moves.now()));
    }

    @Override
    public void pauseSubmissions() {
        brake.pause(moves.now());
        loop.wake();
    }

    @Override
    public void resumeSubmissions() {
        brake.resume();
        loop.wake();
    }

    @Override
    public List<LeaseReport> list(OptionalInt project) {
        return store.latest(project).stream().map(Views::report).toList();
    }
}
