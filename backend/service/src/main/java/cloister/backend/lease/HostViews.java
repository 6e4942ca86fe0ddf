package cloister.backend.lease;

import cloister.backend.machine.MachineId;
import cloister.backend.machine.Machines;
import cloister.backend.pulse.Quiet;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Which machines of running leases are missing on hosts that answered. A host that doesn't answer misses none. */
@Component
class HostViews {
    private static final Logger LOG = LoggerFactory.getLogger(HostViews.class);

    /** Leases remembered; beyond that all hosts are asked once more. */
    private static final int MOST = 10_000;

    private final Quiet quiet = new Quiet(LOG);
    private final Machines machines;
    private final LeaseInbox inbox;
    private final InstantSource clock;
    private final Duration interval;
    private final Map<LeaseId, Instant> looked = new ConcurrentHashMap<>();

    HostViews(Machines machines, LeaseInbox inbox, InstantSource clock, LeaseConfig config) {
        this.machines = machines;
        this.inbox = inbox;
        this.clock = clock;
        this.interval = config.hostLook();
    }

    /** Numbers of the workers that are ready by our books and not on their host; nothing where it isn't time to look. */
    List<Integer> missing(LeaseId id, Lease.Running lease) {
        Instant now = clock.instant();
        Instant last = looked.getOrDefault(id, Instant.EPOCH);
        if (last.plus(interval).isAfter(now) && !inbox.somethingGone().isAfter(last)) {
            return List.of();
        }
        if (looked.size() >= MOST) {
            looked.clear();
        }
        looked.put(id, now);
        List<Seat.Ready> ready = lease.seats().stream()
                .filter(Seat.Ready.class::isInstance)
                .map(Seat.Ready.class::cast)
                .toList();
        List<Integer> missing = new ArrayList<>();
        for (String host : ready.stream().map(Seat.Ready::host).distinct().toList()) {
            switch (machines.survey(host)) {
                case Machines.Survey.Seen(var seen) -> {
                    quiet.fine(host + " does not answer");
                    Set<MachineId> there =
                            seen.stream().map(machine -> machine.id()).collect(Collectors.toSet());
                    ready.stream()
                            .filter(seat -> seat.host().equals(host))
                            .map(Seat.Ready::k)
                            .filter(k -> !there.contains(new MachineId(id.project(), id.lease(), k)))
                            .forEach(missing::add);
                }
                case Machines.Survey.Unreachable(String why) -> quiet.trouble(host + " does not answer", why);
            }
        }
        return missing;
    }
}
