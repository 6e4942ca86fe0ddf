package cloister.backend.lease;

import cloister.vpn.identity.Spki;
import java.util.List;
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
            case Seat.Booting _, Seat.Ready _, Seat.Gone _ -> seat;
        });
    }

    static List<Seat> heard(List<Seat> seats, int k, Spki key) {
        return change(seats, k, seat -> switch (seat) {
            case Seat.Booting booting -> new Seat.Ready(k, booting.host(), booting.address(), key);
            case Seat.Ready _, Seat.Leaving _, Seat.Gone _ -> seat;
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

    private static boolean lives(Seat seat) {
        return switch (seat) {
            case Seat.Booting _, Seat.Ready _ -> true;
            case Seat.Leaving _, Seat.Gone _ -> false;
        };
    }

    /** Takes away what is leaving. */
    static List<Lease.Effect> destroys(List<Seat> seats) {
        return seats.stream()
                .filter(Seat.Leaving.class::isInstance)
                .map(Seat.Leaving.class::cast)
                .<Lease.Effect>map(Lease.Effect.Destroy::new)
                .toList();
    }

    private static List<Seat> change(List<Seat> seats, int k, UnaryOperator<Seat> change) {
        return seats.stream()
                .map(seat -> seat.k() == k ? change.apply(seat) : seat)
                .toList();
    }
}
