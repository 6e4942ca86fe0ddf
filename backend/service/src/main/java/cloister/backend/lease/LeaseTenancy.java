package cloister.backend.lease;

import cloister.backend.project.Tenancy;
import cloister.broker.ReasonCode;
import java.util.List;
import java.util.OptionalInt;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** Ends the leases of projects and members that are being removed, as an operator's cancel would. */
@Component
class LeaseTenancy implements Tenancy {
    private final LeaseStore store;
    private final LeaseMoves moves;
    private final LeaseWake loop;
    private final Addresses addresses;
    private final LeaseConfig config;
    private final int timeScale;

    LeaseTenancy(
            LeaseStore store,
            LeaseMoves moves,
            LeaseWake loop,
            Addresses addresses,
            LeaseConfig config,
            @Value("${cloister.time-scale}") int timeScale) {
        this.store = store;
        this.moves = moves;
        this.loop = loop;
        this.addresses = addresses;
        this.config = config;
        this.timeScale = timeScale;
    }

    @Override
    public int live(int project, OptionalInt member) {
        return store.live(project, member);
    }

    @Override
    public void endUnwanted() {
        List<LeaseId> unwanted = store.unwanted();
        for (LeaseId id : unwanted) {
            moves.on(id, new Lease.Event.ReleaseAsked(moves.now(), ReasonCode.CANCELLED_BY_ADMIN));
        }
        if (!unwanted.isEmpty()) {
            loop.wake();
        }
    }

    @Override
    public int addresses(int project) {
        return addresses.forget(project, moves.now().minus(config.quarantine().multipliedBy(timeScale)));
    }
}
