package cloister.backend.lease;

import cloister.broker.LeaseList;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.Spki;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A lease as others may see it. */
final class Views {
    private Views() {}

    static LeaseList.Lease of(int n, Lease lease) {
        return switch (lease) {
            case Lease.Recorded(var _, var _, ReasonCode because) -> view(n, LeaseState.QUEUED, because);
            case Lease.Submitting _ -> view(n, LeaseState.QUEUED, ReasonCode.QUEUED_OTHER);
            case Lease.Queued(var _, var _, ReasonCode waits, var expected) ->
                new LeaseList.Lease(
                        n,
                        LeaseState.QUEUED,
                        waits,
                        null,
                        expected.map(Instant::getEpochSecond).orElse(null),
                        List.of());
            case Lease.Starting(Hold hold, var _, List<Seat> seats) ->
                view(n, LeaseState.STARTING, ReasonCode.BOOTING, hold, seats);
            case Lease.Running running -> view(n, LeaseState.RUNNING, note(running), running.hold(), running.seats());
            case Lease.Clearing(Hold hold, var _, List<Seat> seats, Verdict verdict, var _) ->
                view(n, LeaseState.ENDING, reason(verdict), hold, seats);
            case Lease.Abandoning(Hold hold, List<Seat> seats, Verdict verdict, var _, var _, var _) ->
                view(n, LeaseState.ENDING, reason(verdict), hold, seats);
            case Lease.Closing(var _, var _, var _, Verdict verdict, var _) ->
                view(n, LeaseState.ENDING, reason(verdict));
            case Lease.Ended(ReasonCode reason) -> view(n, LeaseState.ENDED, reason);
        };
    }

    private static ReasonCode note(Lease.Running running) {
        return running.paused() ? ReasonCode.SUSPENDED : running.note();
    }

    private static ReasonCode reason(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Finish(ReasonCode reason) -> reason;
            case Verdict.Again _ -> ReasonCode.BOOT_FAILED;
            case Verdict.AsTheClusterSays _ -> ReasonCode.CLUSTER_FAILED;
        };
    }

    private static LeaseList.Lease view(int n, LeaseState state, ReasonCode reason) {
        return new LeaseList.Lease(n, state, reason, null, null, List.of());
    }

    private static LeaseList.Lease view(int n, LeaseState state, ReasonCode reason, Hold hold, List<Seat> seats) {
        List<LeaseList.Worker> workers = seats.stream().map(Views::worker).toList();
        return new LeaseList.Lease(n, state, reason, hold.endsAt().getEpochSecond(), null, workers);
    }

    private static LeaseList.Worker worker(Seat seat) {
        return switch (seat) {
            case Seat.Booting(int k, String _, Ipv4 _) -> new LeaseList.Worker(k, WorkerState.STARTING, null, null);
            case Seat.Ready(int k, String _, Ipv4 address, Spki key) ->
                new LeaseList.Worker(k, WorkerState.READY, address.toString(), key.base64());
            case Seat.Leaving(int k, String _, Ipv4 _) -> new LeaseList.Worker(k, WorkerState.GONE, null, null);
            case Seat.Stranded(int k, String _, Ipv4 _) -> new LeaseList.Worker(k, WorkerState.GONE, null, null);
            case Seat.Gone(int k) -> new LeaseList.Worker(k, WorkerState.GONE, null, null);
        };
    }

    static LeaseReport report(LeaseRecord lease) {
        return new LeaseReport(
                lease.id(),
                lease.wish(),
                of(lease.id().lease(), lease.state()),
                attempt(lease.state()),
                job(lease.state()),
                seats(lease.state()).stream()
                        .map(Views::host)
                        .filter(host -> host != null)
                        .toList());
    }

    private static @Nullable String host(Seat seat) {
        return switch (seat) {
            case Seat.Booting booting -> booting.host();
            case Seat.Ready ready -> ready.host();
            case Seat.Leaving leaving -> leaving.host();
            case Seat.Stranded stranded -> stranded.host();
            case Seat.Gone _ -> null;
        };
    }

    /** The seats of a lease whose hosts are chosen. */
    static List<Seat> seats(Lease lease) {
        return switch (lease) {
            case Lease.Starting starting -> starting.seats();
            case Lease.Running running -> running.seats();
            case Lease.Clearing clearing -> clearing.seats();
            case Lease.Abandoning abandoning -> abandoning.seats();
            case Lease.Recorded _, Lease.Submitting _, Lease.Queued _, Lease.Closing _, Lease.Ended _ -> List.of();
        };
    }

    /** What a lease whose hosts were chosen holds, or held. */
    static Optional<Hold> hold(Lease lease) {
        return switch (lease) {
            case Lease.Starting starting -> Optional.of(starting.hold());
            case Lease.Running running -> Optional.of(running.hold());
            case Lease.Clearing clearing -> Optional.of(clearing.hold());
            case Lease.Abandoning abandoning -> Optional.of(abandoning.hold());
            case Lease.Closing closing -> closing.hold();
            case Lease.Recorded _, Lease.Submitting _, Lease.Queued _, Lease.Ended _ -> Optional.empty();
        };
    }

    /** The submission under way, while its placeholder is not known to be over. */
    static OptionalInt attempt(Lease lease) {
        return switch (lease) {
            case Lease.Recorded recorded -> OptionalInt.of(recorded.attempt());
            case Lease.Submitting submitting -> OptionalInt.of(submitting.attempt());
            case Lease.Queued queued -> OptionalInt.of(queued.attempt());
            case Lease.Starting starting -> OptionalInt.of(starting.hold().attempt());
            case Lease.Running running -> OptionalInt.of(running.hold().attempt());
            case Lease.Clearing clearing -> OptionalInt.of(clearing.hold().attempt());
            case Lease.Abandoning abandoning ->
                abandoning.end().isPresent()
                        ? OptionalInt.empty()
                        : OptionalInt.of(abandoning.hold().attempt());
            case Lease.Closing closing -> OptionalInt.of(closing.attempt());
            case Lease.Ended _ -> OptionalInt.empty();
        };
    }

    static OptionalLong job(Lease lease) {
        return switch (lease) {
            case Lease.Recorded _, Lease.Submitting _, Lease.Ended _ -> OptionalLong.empty();
            case Lease.Queued queued -> OptionalLong.of(queued.job());
            case Lease.Starting starting -> OptionalLong.of(starting.hold().job());
            case Lease.Running running -> OptionalLong.of(running.hold().job());
            case Lease.Clearing clearing -> OptionalLong.of(clearing.hold().job());
            case Lease.Abandoning abandoning ->
                OptionalLong.of(abandoning.hold().job());
            case Lease.Closing closing -> closing.job();
        };
    }
}
