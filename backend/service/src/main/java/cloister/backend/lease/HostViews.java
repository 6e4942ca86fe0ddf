package cloister.backend.lease;

import cloister.backend.machine.LiveMachine;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.Machines;
import cloister.backend.pulse.Quiet;
import cloister.bridge.HostState;
import cloister.bridge.HostStates;
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
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Which machines of running leases are missing on hosts that answered, and which hosts are lost. A host that doesn't answer
 * misses none: it is lost only when it has left several questions in a row unanswered for as long as the site bears, and Slurm
 * doesn't hear it either.
 */
@Component
class HostViews {
    private static final Logger LOG = LoggerFactory.getLogger(HostViews.class);

    private static final String IS_LOST = " is lost";

    private final Quiet quiet = new Quiet(LOG);
    private final Machines machines;
    private final LeaseInbox inbox;
    private final InstantSource clock;
    private final HostStates states;
    private final Duration interval;
    private final Duration patience;
    private final Map<String, Away> away = new ConcurrentHashMap<>();
    private final Map<LeaseId, Instant> looked = new ConcurrentHashMap<>();

    HostViews(
            Machines machines,
            HostStates states,
            LeaseInbox inbox,
            InstantSource clock,
            LeaseConfig config,
            @Value("${cloister.time-scale}") int timeScale) {
        this.states = states;
        this.patience = config.hostLost().multipliedBy(timeScale);
        this.machines = machines;
        this.inbox = inbox;
        this.clock = clock;
        this.interval = config.hostLook();
    }

    /**
     * A host that does not answer.
     *
     * @param since the first question without an answer
     * @param last the last one
     */
    private record Away(Instant since, Instant last) {}

    /**
     * What the hosts say of a lease.
     *
     * @param missing numbers of the workers that are ready by our books and not on their host
     * @param lost hosts of its machines that are lost
     */
    record Found(List<Integer> missing, Set<String> lost) {
        private static final Found NOTHING = new Found(List.of(), Set.of());
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
         * What is missing and lost; nothing where it isn't time to look.
         *
         * @param lease as it was stored before this look began: a machine that came later is not missing
         */
        Found at(LeaseId id, Lease.Running lease) {
            Instant now = clock.instant();
            Instant last = looked.getOrDefault(id, Instant.EPOCH);
            if (last.plus(interval).isAfter(now) && !inbox.somethingGone().isAfter(last)) {
                return Found.NOTHING;
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
            Set<String> lost = Seats.hosts(lease.seats()).stream()
                    .filter(host -> on(host).isEmpty() && one(host).lost())
                    .collect(Collectors.toSet());
            return new Found(missing, lost);
        }

        private One one(String host) {
            return seen.computeIfAbsent(host, One::new);
        }

        /** What lives on a host; empty where it does not answer. */
        private Optional<Set<MachineId>> on(String host) {
            return one(host).there();
        }
    }

    /** One host in one pass. Who comes second waits for the answer to the first. */
    private final class One {
        private final String host;
        private boolean asked;
        private Optional<Set<MachineId>> answer = Optional.empty();
        private Optional<Boolean> lost = Optional.empty();

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

        /** Whether a host that has not answered is lost. Slurm is asked at most once in a pass, and only if it has come to that. */
        synchronized boolean lost() {
            if (lost.isEmpty()) {
                Away gone = away.get(host);
                lost = Optional.of(gone != null
                        && !gone.since().plus(patience).isAfter(gone.last())
                        && isSilentToSlurm(gone.since()));
            }
            return lost.get();
        }

        private boolean isSilentToSlurm(Instant since) {
            return switch (states.of(host)) {
                case HostState.Silent(String words) -> {
                    quiet.trouble(host + IS_LOST, "no answer since " + since + ", and Slurm says " + words);
                    yield true;
                }
                case HostState.Serving() -> false;
                case HostState.Unknown(String why) -> {
                    quiet.trouble("Slurm does not say whether it has " + host, why);
                    yield false;
                }
            };
        }

        /** Questions too far apart say nothing of the time between them. */
        private void unanswered() {
            Instant now = clock.instant();
            away.merge(
                    host,
                    new Away(now, now),
                    (old, fresh) -> old.last().plus(patience).isAfter(now) ? new Away(old.since(), now) : fresh);
        }

        private Optional<Set<MachineId>> ask() {
            return switch (machines.survey(host)) {
                case Machines.Survey.Seen(var there) -> {
                    quiet.fine(host + " does not answer");
                    quiet.fine(host + IS_LOST);
                    away.remove(host);
                    yield Optional.of(there.stream().map(LiveMachine::id).collect(Collectors.toSet()));
                }
                case Machines.Survey.Unreachable(String why) -> {
                    quiet.trouble(host + " does not answer", why);
                    unanswered();
                    yield Optional.empty();
                }
            };
        }
    }
}
