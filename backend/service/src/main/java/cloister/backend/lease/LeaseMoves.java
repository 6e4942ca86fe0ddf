package cloister.backend.lease;

import cloister.isolation.Ipv4;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Takes a step of a lease and stores it, with the addresses that it gives up, before anybody acts on it. */
@Component
class LeaseMoves {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseMoves.class);

    private final LeaseStore store;
    private final Addresses addresses;
    private final Changes changes;
    private final TransactionTemplate transactions;
    private final InstantSource clock;
    private final Rules rules;
    private final Together<Said, Optional<Moved>> together = new Together<>(this::all);

    LeaseMoves(
            LeaseStore store,
            Addresses addresses,
            Changes changes,
            TransactionTemplate transactions,
            InstantSource clock,
            LeaseConfig config,
            @Value("${cloister.time-scale}") int timeScale) {
        this.store = store;
        this.addresses = addresses;
        this.changes = changes;
        this.transactions = transactions;
        this.clock = clock;
        this.rules = config.rules(timeScale);
    }

    /** What became of one event. */
    record Moved(LeaseRecord lease, Lease next, List<Lease.Effect> effects, boolean visible) {
        private boolean changes() {
            return !next.equals(lease.state());
        }
    }

    private record Said(LeaseId id, Lease.Event event) {}

    /** The step, already stored; null where there is no such lease. */
    @Nullable
    Moved on(LeaseId id, Lease.Event event) {
        Moved moved = together.on(new Said(id, event)).orElse(null);
        if (moved != null && moved.visible()) {
            changes.happened(id.project());
        }
        return moved;
    }

    /** Whether an event would neither change this state nor have anything done. */
    boolean idle(Lease state, Lease.Event event) {
        Lease.Step step = Lease.on(state, event, rules);
        return step.effects().isEmpty() && step.next().equals(state);
    }

    private List<Optional<Moved>> all(List<Said> said) {
        return transactions.execute(_ -> {
            Map<LeaseId, LeaseRecord> held = store
                    .hold(said.stream().map(Said::id).distinct().toList())
                    .stream()
                    .collect(Collectors.toMap(LeaseRecord::id, Function.identity()));
            Map<LeaseId, LeaseStore.Change> taken = new LinkedHashMap<>();
            List<Optional<Moved>> moved = new ArrayList<>();
            for (Said one : said) {
                Optional<Moved> step = Optional.ofNullable(held.get(one.id())).map(lease -> take(lease, one.event()));
                step.filter(Moved::changes).ifPresent(next -> {
                    boolean seen = Optional.ofNullable(taken.get(one.id()))
                            .map(LeaseStore.Change::visible)
                            .orElse(false);
                    taken.put(one.id(), new LeaseStore.Change(one.id(), next.next(), seen || next.visible()));
                    held.put(one.id(), next.lease().with(next.next()));
                    keepAddresses(next);
                });
                moved.add(step);
            }
            if (!taken.isEmpty()) {
                store.save(List.copyOf(taken.values()));
            }
            return moved;
        });
    }

    private Moved take(LeaseRecord lease, Lease.Event event) {
        Lease.Step step = Lease.on(lease.state(), event, rules);
        int n = lease.id().lease();
        boolean visible = !Views.of(n, lease.state()).equals(Views.of(n, step.next()));
        if (!step.next().getClass().equals(lease.state().getClass())) {
            LOG.info("{}: {} -> {}", lease.id(), lease.state(), step.next());
        }
        return new Moved(lease, step.next(), step.effects(), visible);
    }

    private void keepAddresses(Moved moved) {
        if (!(waits(moved.lease().state()) && waits(moved.next()))) {
            addresses.keepOnly(moved.lease().id(), addresses(moved.next()), clock.instant());
        }
    }

    /** It has no address to give up. What it is given at the gate it gives up when it leaves these states. */
    private static boolean waits(Lease lease) {
        return lease instanceof Lease.Recorded || lease instanceof Lease.Submitting || lease instanceof Lease.Queued;
    }

    private static List<Ipv4> addresses(Lease lease) {
        return Views.seats(lease).stream()
                .map(seat -> switch (seat) {
                    case Seat.Booting booting -> booting.address();
                    case Seat.Ready ready -> ready.address();
                    case Seat.Leaving leaving -> leaving.address();
                    case Seat.Stranded stranded -> stranded.address();
                    case Seat.Gone _ -> null;
                })
                .filter(Objects::nonNull)
                .toList();
    }

    Instant now() {
        return clock.instant();
    }
}
