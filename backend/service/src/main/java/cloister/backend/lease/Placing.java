package cloister.backend.lease;

import cloister.backend.host.Fit;
import cloister.backend.host.HostMaps;
import cloister.backend.host.Placement;
import cloister.backend.host.Want;
import cloister.backend.machine.MachineSettings;
import cloister.bridge.Allocated;
import cloister.bridge.Allocation;
import cloister.bridge.Gpus;
import cloister.bridge.Mark;
import cloister.bridge.Placeholders;
import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.springframework.stereotype.Component;

/** Finds the place of a worker on its host: which cores and devices Slurm gave, and what they are there. */
@Component
class Placing {
    /** Answers that are kept: enough for the leases that start at the same time; one of many hosts takes some 100 KB. */
    private static final int MOST = 64;

    private final Placeholders placeholders;
    private final HostMaps maps;
    private final int overheadMib;
    private final Map<GpuKind, String> types;
    private final Map<Key, FutureTask<Allocated>> known = new ConcurrentHashMap<>();

    /** What Slurm gives a placeholder does not change from the gate to its end; a new start is another. */
    private record Key(long job, Instant submitted, int restart) {}

    /** Where a worker is to run. */
    sealed interface Place {
        /**
         * There; empty where the host decides.
         *
         * @param placement on its host
         */
        record At(Optional<Placement> placement) implements Place {}

        /**
         * It can't run on its host.
         *
         * @param why for the operator
         */
        record Refused(String why) implements Place {}

        /**
         * Slurm does not say.
         *
         * @param why for a log
         */
        record Unknown(String why) implements Place {}
    }

    Placing(
            Placeholders placeholders,
            HostMaps maps,
            MachineSettings settings,
            SlurmConfig slurm,
            LimitsConfig limits) {
        this.placeholders = placeholders;
        this.maps = maps;
        this.overheadMib = settings.memoryOverheadMib();
        this.types = slurm.gpuTypes();
        if (limits.gpuKinds().size() > 1 && !types.keySet().containsAll(limits.gpuKinds())) {
            throw new IllegalArgumentException(
                    "cloister.slurm.gpu-types must name the type in gres.conf of each of cloister.limits.gpu-kinds");
        }
    }

    /** What the placeholder of a wish asks for. */
    Optional<Gpus> gpus(LeaseRequest wish) {
        return wish.gpus() == 0
                ? Optional.empty()
                : Optional.of(new Gpus(types.getOrDefault(wish.gpuKind(), ""), wish.gpus()));
    }

    Place place(LeaseRecord lease, Hold hold, Seat.Booting seat) {
        if (!maps.has(seat.host())) {
            return lease.wish().gpus() == 0
                    ? new Place.At(Optional.empty())
                    : new Place.Refused(seat.host() + " has GPUs, but no map that says which: cloister.host.maps");
        }
        Mark mark = new Mark(lease.id().project(), lease.id().lease(), hold.attempt());
        return switch (allocated(new Key(hold.job(), hold.submitted(), hold.restart()), mark)) {
            case Allocated.Seen(List<Allocation> hosts) -> place(lease.wish(), seat, hosts);
            case Allocated.Absent() -> new Place.Unknown("slurmctld has no job " + hold.job() + " of ours");
            case Allocated.Unknown(String why) -> new Place.Unknown(why);
        };
    }

    /** Seats are numbered through the hosts, in Slurm's order. */
    private Place place(LeaseRequest wish, Seat.Booting seat, List<Allocation> hosts) {
        int before = 0;
        for (Allocation host : hosts) {
            int workers = host.cpus() / wish.cpus();
            int which = seat.k() - 1 - before;
            if (host.host().equals(seat.host()) && which >= 0 && which < workers) {
                Want want = new Want(workers, which, wish.cpus(), wish.memMiB(), overheadMib, wish.gpus());
                return switch (maps.fit(host, want)) {
                    case Fit.Fits(Placement placement) -> new Place.At(Optional.of(placement));
                    case Fit.Anywhere() -> new Place.At(Optional.empty());
                    case Fit.Refused(String why) -> new Place.Refused(why);
                };
            }
            before += workers;
        }
        return new Place.Refused("Slurm gave nothing on " + seat.host() + " for worker " + seat.k());
    }

    /** All workers of a lease start at the same time: Slurm is asked once. */
    private Allocated allocated(Key key, Mark mark) {
        if (known.size() >= MOST) {
            known.clear();
        }
        FutureTask<Allocated> asking = new FutureTask<>(() -> placeholders.allocated(key.job(), mark));
        FutureTask<Allocated> first = known.putIfAbsent(key, asking);
        if (first == null) {
            first = asking;
            asking.run();
        }
        try {
            Allocated answer = first.get();
            if (!(answer instanceof Allocated.Seen)) {
                known.remove(key, first);
            }
            return answer;
        } catch (ExecutionException e) {
            known.remove(key, first);
            throw new IllegalStateException("Slurm could not be asked about job " + key.job(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Allocated.Unknown("interrupted while Slurm was asked");
        }
    }
}
