package cloister.backend.lease;

import cloister.backend.machine.LiveMachine;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.Machines;
import cloister.backend.pulse.Quiet;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    /** One pass's look at the hosts: begin it after the leases were read. Each host is asked once, by the first lease there. */
    Look look() {
        return new Look();
    }

    /** Nobody asks for this lease any more. */
    void forget(LeaseId id) {
        looked.remove(id);
    }

    /** What the hosts say in one pass. */
    final class Look {
        private final Map<String, One> seen = new ConcurrentHashMap<>();

        private Look() {}

        /**
         * Numbers of the workers that are ready by our books and not on their host; nothing where it isn't time to look.
         *
         * @param lease as it was stored before this look began: a machine that came later is not missing
         */
        List<Integer> missing(LeaseId id, Lease.Running lease) {
            Instant now = clock.instant();
            Instant last = looked.getOrDefault(id, Instant.EPOCH);
            if (last.plus(interval).isAfter(now) && !inbox.somethingGone().isAfter(last)) {
                return List.of();
            }
            looked.put(id, now);
            List<Integer> missing = new ArrayList<>();
            for (Seat seat : lease.seats()) {
                if (seat instanceof Seat.Ready(int k, String host, var _, var _)
                        && on(host).map(there -> !there.contains(new MachineId(id.project(), id.lease(), k)))
                                .orElse(false)) {
                    missing.add(k);
                }
            }
            return missing;
        }

        /** What lives on a host; empty where it does not answer. */
        private Optional<Set<MachineId>> on(String host) {
            return seen.computeIfAbsent(host, One::new).there();
        }
    }

    /** One host in one pass. Who comes second waits for the answer to the first. */
    private final class One {
        private final String host;
        private boolean asked;
        private Optional<Set<MachineId>> answer = Optional.empty();

        private One(String host) {
            this.host = host;
        }

        synchronized Optional<Set<MachineId>> there() {
            if (!asked) {
                answer = ask();
                asked = true;
            }
            return answer;
        }

        private Optional<Set<MachineId>> ask() {
            return switch (machines.survey(host)) {
                case Machines.Survey.Seen(var there) -> {
                    quiet.fine(host + " does not answer");
                    yield Optional.of(there.stream().map(LiveMachine::id).collect(Collectors.toSet()));
                }
                case Machines.Survey.Unreachable(String why) -> {
                    quiet.trouble(host + " does not answer", why);
                    yield Optional.empty();
                }
            };
        }
    }
}
