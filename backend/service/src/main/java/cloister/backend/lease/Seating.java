package cloister.backend.lease;

import cloister.backend.host.Host;
import cloister.backend.host.Hosts;
import cloister.bridge.Asked;
import cloister.bridge.Lookup;
import cloister.bridge.Placeholder;
import cloister.bridge.Placeholders;
import cloister.bridge.Share;
import cloister.isolation.Ipv4;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Turns a placeholder's question at the gate into seats: hosts from Slurm's allocation, addresses from the project's range. */
@Component
class Seating {
    private static final Logger LOG = LoggerFactory.getLogger(Seating.class);

    private final Placeholders placeholders;
    private final Hosts hosts;
    private final Addresses addresses;
    private final TransactionTemplate transactions;
    private final Duration quarantine;
    private final Duration grace;

    Seating(
            Placeholders placeholders,
            Hosts hosts,
            Addresses addresses,
            TransactionTemplate transactions,
            LeaseConfig config,
            @Value("${cloister.time-scale}") int timeScale) {
        this.placeholders = placeholders;
        this.hosts = hosts;
        this.addresses = addresses;
        this.transactions = transactions;
        this.quarantine = config.quarantine().multipliedBy(timeScale);
        this.grace = config.grace();
    }

    /** The event that the question is; empty where Slurm doesn't tell the hosts yet. */
    Optional<Lease.Event> seat(LeaseRecord lease, Asked asked, Optional<Placeholder> seen, Instant now) {
        boolean waits = lease.state() instanceof Lease.Queued || lease.state() instanceof Lease.Submitting;
        if (!waits) {
            return Optional.of(new Lease.Event.Asked(now, hold(lease, asked, asked.restart(), now, now), List.of()));
        }
        Optional<Placeholder> placeholder = seen.filter(
                        known -> known.job() == asked.job() && !known.shares().isEmpty())
                .or(() -> observed(asked));
        if (placeholder.isEmpty() || placeholder.get().shares().isEmpty()) {
            return Optional.empty();
        }
        Hold hold = hold(lease, asked, asked.restart(), placeholder.get().submitted(), now);
        List<String> places = places(placeholder.get().shares());
        if (!usable(lease, places)) {
            return Optional.of(new Lease.Event.Misfit(now, hold));
        }
        Optional<List<Ipv4>> taken = transactions.execute(_ -> {
            Optional<List<Ipv4>> all = addresses.take(lease.id(), hold.attempt(), places.size(), now.minus(quarantine));
            return all;
        });
        if (taken.isEmpty()) {
            LOG.warn("{}: too few addresses are out of quarantine", lease.id());
            return Optional.of(new Lease.Event.Misfit(now, hold));
        }
        List<Seat> seats = new ArrayList<>();
        for (int k = 1; k <= places.size(); k++) {
            seats.add(new Seat.Booting(k, places.get(k - 1), taken.get().get(k - 1)));
        }
        return Optional.of(new Lease.Event.Asked(now, hold, seats));
    }

    private Hold hold(LeaseRecord lease, Asked asked, int restart, Instant submitted, Instant now) {
        Duration term = Duration.ofMinutes(lease.termMin());
        Instant endsAt = now.plus(term).truncatedTo(ChronoUnit.SECONDS);
        // The placeholder was asked for in whole minutes.
        Duration limit = Duration.ofMinutes(term.plus(grace).plusSeconds(59).toMinutes());
        return new Hold(asked.mark().attempt(), asked.job(), submitted, restart, asked.nodes(), endsAt, limit);
    }

    private Optional<Placeholder> observed(Asked asked) {
        return switch (placeholders.observe(asked.job(), asked.mark())) {
            case Lookup.Found(Placeholder placeholder) -> Optional.of(placeholder);
            case Lookup.Absent() -> Optional.empty();
            case Lookup.Unknown(String why) -> {
                LOG.warn("Slurm does not say where job {} is to run: {}", asked.job(), why);
                yield Optional.empty();
            }
        };
    }

    private static List<String> places(List<Share> shares) {
        List<String> places = new ArrayList<>();
        for (Share share : shares) {
            for (int i = 0; i < share.workers(); i++) {
                places.add(share.host());
            }
        }
        return places;
    }

    private boolean usable(LeaseRecord lease, List<String> places) {
        Set<String> known = hosts.list().stream().map(Host::name).collect(Collectors.toSet());
        if (!known.containsAll(places)) {
            LOG.error("{}: Slurm chose a host that is not named here: `cloister host add`; {}", lease.id(), places);
            return false;
        }
        if (places.size() != lease.wish().workers()) {
            LOG.error(
                    "{}: Slurm's allocation holds {} workers, not {}",
                    lease.id(),
                    places.size(),
                    lease.wish().workers());
            return false;
        }
        return true;
    }
}
