package cloister.backend.lease;

import cloister.isolation.Ipv4;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
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
    record Moved(LeaseRecord lease, Lease next, List<Lease.Effect> effects, boolean visible) {}

    /** The step, already stored; null where there is no such lease. */
    @Nullable
    Moved on(LeaseId id, Lease.Event event) {
        Moved moved = transactions.execute(
                _ -> store.hold(id).map(lease -> take(lease, event)).orElse(null));
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

    private Moved take(LeaseRecord lease, Lease.Event event) {
        Lease.Step step = Lease.on(lease.state(), event, rules);
        boolean visible = false;
        if (!step.next().equals(lease.state())) {
            visible = store.save(lease, step.next());
            addresses.keepOnly(lease.id(), addresses(step.next()), clock.instant());
            if (!step.next().getClass().equals(lease.state().getClass())) {
                LOG.info("{}: {} -> {}", lease.id(), lease.state(), step.next());
            }
        }
        return new Moved(lease, step.next(), step.effects(), visible);
    }

    private static List<Ipv4> addresses(Lease lease) {
        return Views.seats(lease).stream()
                .map(seat -> switch (seat) {
                    case Seat.Booting booting -> booting.address();
                    case Seat.Ready ready -> ready.address();
                    case Seat.Leaving leaving -> leaving.address();
                    case Seat.Gone _ -> null;
                })
                .filter(Objects::nonNull)
                .toList();
    }

    Instant now() {
        return clock.instant();
    }
}
