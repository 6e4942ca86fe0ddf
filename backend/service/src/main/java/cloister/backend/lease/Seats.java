package cloister.backend.lease;

import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Share;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.Spki;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What is asked of, and done to, the seats of a lease; every method answers with a new list. */
final class Seats {
    private Seats() {}

    static List<Seat> leaving(List<Seat> seats, int k) {
        return change(seats, k, Seat::leaving);
    }

    static List<Seat> gone(List<Seat> seats, int k) {
        return change(seats, k, seat -> switch (seat) {
            case Seat.Leaving leaving -> new Seat.Gone(leaving.k());
            case Seat.Stranded stranded -> new Seat.Gone(stranded.k());
            case Seat.Booting _, Seat.Ready _, Seat.Gone _ -> seat;
        });
    }

    static List<Seat> heard(List<Seat> seats, int k, Spki key) {
        return change(seats, k, seat -> switch (seat) {
            case Seat.Booting booting -> new Seat.Ready(k, booting.host(), booting.address(), key);
            case Seat.Ready _, Seat.Leaving _, Seat.Stranded _, Seat.Gone _ -> seat;
        });
    }

    /** Whether worker {@code k} is known by another key. */
    static boolean speaksFalsely(List<Seat> seats, int k, Spki key) {
        return seats.stream()
                .anyMatch(seat -> seat instanceof Seat.Ready ready
                        && ready.k() == k
                        && !ready.key().equals(key));
    }

    static boolean lives(List<Seat> seats, int k) {
        return seats.stream().anyMatch(seat -> seat.k() == k && lives(seat));
    }

    static boolean anyLives(List<Seat> seats) {
        return seats.stream().anyMatch(Seats::lives);
    }

    static boolean booting(List<Seat> seats) {
        return seats.stream().anyMatch(Seat.Booting.class::isInstance);
    }

    static boolean lives(Seat seat) {
        return switch (seat) {
            case Seat.Booting _, Seat.Ready _ -> true;
            case Seat.Leaving _, Seat.Stranded _, Seat.Gone _ -> false;
        };
    }

    /** Takes away what is leaving, and what is left on lost hosts. */
    static List<Lease.Effect> destroys(List<Seat> seats) {
        List<Lease.Effect> effects = new ArrayList<>();
        for (Seat seat : seats) {
            switch (seat) {
                case Seat.Leaving leaving -> effects.add(new Lease.Effect.Destroy(leaving));
                case Seat.Stranded(int k, String host, Ipv4 address) ->
                    effects.add(new Lease.Effect.Destroy(new Seat.Leaving(k, host, address)));
                case Seat.Booting _, Seat.Ready _, Seat.Gone _ -> {}
            }
        }
        return effects;
    }

    /** The machines on these hosts are out of reach. */
    static List<Seat> stranded(List<Seat> seats, Set<String> hosts) {
        return seats.stream()
                .map(seat -> switch (seat) {
                    case Seat.Ready(int k, String host, Ipv4 address, var _)
                    when hosts.contains(host) -> new Seat.Stranded(k, host, address);
                    case Seat.Leaving(int k, String host, Ipv4 address)
                    when hosts.contains(host) -> new Seat.Stranded(k, host, address);
                    case Seat.Booting _, Seat.Ready _, Seat.Leaving _, Seat.Stranded _, Seat.Gone _ -> seat;
                })
                .toList();
    }

    /** Hosts on which, by our books, machines live or are being taken away. */
    static Set<String> hosts(List<Seat> seats) {
        Set<String> hosts = new HashSet<>();
        for (Seat seat : seats) {
            switch (seat) {
                case Seat.Booting booting -> hosts.add(booting.host());
                case Seat.Ready ready -> hosts.add(ready.host());
                case Seat.Leaving leaving -> hosts.add(leaving.host());
                case Seat.Stranded _, Seat.Gone _ -> {}
            }
        }
        return hosts;
    }

    /** Hosts of machines that a running placeholder does not hold: Slurm, or an administrator, has taken them from it. */
    static Set<String> taken(List<Seat> seats, Placeholder seen) {
        if (seen.state() != PlaceholderState.RUNNING || seen.shares().isEmpty()) {
            return Set.of();
        }
        Set<String> taken = hosts(seats);
        seen.shares().stream().map(Share::host).forEach(taken::remove);
        return taken;
    }

    /** Whether no machine is left but on hosts that are out of reach. */
    static boolean onlyStranded(List<Seat> seats) {
        return hosts(seats).isEmpty();
    }

    /** Whether nothing is left of any machine. */
    static boolean allGone(List<Seat> seats) {
        return seats.stream().allMatch(Seat.Gone.class::isInstance);
    }

    private static List<Seat> change(List<Seat> seats, int k, UnaryOperator<Seat> change) {
        return seats.stream()
                .map(seat -> seat.k() == k ? change.apply(seat) : seat)
                .toList();
    }
}
