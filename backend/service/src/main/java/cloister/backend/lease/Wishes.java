package cloister.backend.lease;

import cloister.backend.project.Cvm;
import cloister.backend.project.Project;
import cloister.backend.project.Projects;
import cloister.backend.project.Removal;
import cloister.broker.LeaseRequest;
import cloister.broker.ReasonCode;
import cloister.vpn.identity.Spki;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Takes what CVMs wish for into the books; what comes at the same time, also of several projects, in one transaction. */
@Component
class Wishes {
    private final LeaseStore store;
    private final Projects projects;
    private final LimitsConfig limits;
    private final TransactionTemplate transactions;
    private final Together<Wish, Taken> together = new Together<>(this::all);

    Wishes(LeaseStore store, Projects projects, LimitsConfig limits, TransactionTemplate transactions) {
        this.store = store;
        this.projects = projects;
        this.limits = limits;
        this.transactions = transactions;
    }

    /** One that a CVM sent. */
    record Wish(LeaseId id, LeaseRequest wish) {}

    /** What is said to the CVM, and what was stored, where it is a new lease. */
    record Taken(Leases.Put put, Optional<LeaseWake.New> recorded) {
        private static Taken not(Leases.Put put) {
            return new Taken(put, Optional.empty());
        }
    }

    /** What came of it, already stored. */
    Taken take(LeaseId id, LeaseRequest wish) {
        return together.on(new Wish(id, wish));
    }

    /** Each is taken as if those before it had been taken one by one; all of them are stored, or none. */
    List<Taken> all(List<Wish> wishes) {
        return transactions.execute(_ -> {
            Map<Integer, LeaseStore.Books> books = store.holdBooks(wishes);
            // Read once they are held.
            Map<Integer, Project> policies = projects.find(books.keySet()).stream()
                    .collect(Collectors.toMap(Project::number, Function.identity()));
            Map<LeaseId, LeaseRecord> fresh = new LinkedHashMap<>();
            List<Taken> taken = new ArrayList<>();
            for (Wish wish : wishes) {
                int project = wish.id().project();
                LeaseStore.Books own = books.get(project);
                Project policy = policies.get(project);
                if (own == null || policy == null) {
                    throw new IllegalStateException("the CVM of project " + project + " called, but there is none");
                }
                Taken one = one(wish, own, policy, fresh);
                one.recorded().map(LeaseWake.New::lease).ifPresent(lease -> {
                    fresh.put(lease.id(), lease);
                    books.computeIfPresent(project, (_, before) -> before.with(lease));
                });
                taken.add(one);
            }
            if (!fresh.isEmpty()) {
                store.insert(List.copyOf(fresh.values()));
            }
            return taken;
        });
    }

    private Taken one(Wish wish, LeaseStore.Books books, Project policy, Map<LeaseId, LeaseRecord> fresh) {
        LeaseId id = wish.id();
        if (id.lease() != books.next()) {
            return Taken.not(Optional.ofNullable(fresh.get(id))
                    .or(() -> store.find(id))
                    .<Leases.Put>map(known ->
                            known.wish().equals(wish.wish()) ? new Leases.Put.Recorded() : new Leases.Put.Conflict())
                    .orElseGet(() -> new Leases.Put.OutOfStep(books.next())));
        }
        if (policy.removal() != Removal.NONE) {
            return Taken.not(new Leases.Put.Closed());
        }
        if (!books.members().contains(wish.wish().member())) {
            return Taken.not(new Leases.Put.BeyondLimits("member"));
        }
        Optional<String> beyond = limits.beyond(wish.wish(), books.liveWorkers());
        if (beyond.isPresent()) {
            return Taken.not(new Leases.Put.BeyondLimits(beyond.get()));
        }
        int most = policy.policy().dayCpuMin();
        LeaseRequest asked = wish.wish();
        boolean beyondDay = most > 0 && books.spentCpuMin() + LeaseRecord.cpuMinutes(asked, asked.termMin()) > most;
        LeaseRecord lease = new LeaseRecord(
                id,
                wish.wish(),
                wish.wish().termMin(),
                wish.wish().spread() || policy.policy().spread(),
                key(policy),
                // Its number is used up, so that the CVM learns why in its list of leases.
                beyondDay
                        ? new Lease.Ended(ReasonCode.DAY_LIMIT)
                        : new Lease.Recorded(1, Instant.EPOCH, ReasonCode.QUEUED_OTHER));
        return new Taken(new Leases.Put.Recorded(), Optional.of(new LeaseWake.New(lease, policy)));
    }

    private static Spki key(Project project) {
        if (project.cvm() instanceof Cvm.Up up) {
            return up.spki();
        }
        throw new IllegalStateException("the CVM that called is not up any more");
    }
}
