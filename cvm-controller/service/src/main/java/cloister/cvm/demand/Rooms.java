package cloister.cvm.demand;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The workers that there are, while waiting jobs are put into them on paper. */
final class Rooms {
    private static final class Room {
        private final Slot slot;
        private Need free;

        Room(Slot slot) {
            this.slot = slot;
            this.free = slot.free();
        }
    }

    /** A job without GPUs takes a worker with some only where there is no other. */
    private static final Comparator<Room> FEWEST_GPUS_FIRST =
            Comparator.comparingInt(room -> room.slot.size().gpus().count());

    private static final Comparator<Room> TIGHTEST_FIRST = FEWEST_GPUS_FIRST
            .thenComparing(room -> room.slot.kind())
            .thenComparingInt(room -> room.free.gpus().count())
            .thenComparingInt(room -> room.free.cpus())
            .thenComparingInt(room -> room.free.memMiB())
            .thenComparing(room -> room.slot.key());

    private static final Comparator<Room> COMING_AND_LATEST_FIRST = FEWEST_GPUS_FIRST
            .thenComparing(room -> room.slot.kind() != Slot.Kind.COMING)
            // Those of its own lease, not longer ones that were asked for others since.
            .thenComparingInt(room -> room.slot.usableMin())
            .thenComparing(room -> room.slot.since(), Comparator.reverseOrder())
            .thenComparing(room -> room.slot.key());

    private final List<Room> rooms = new ArrayList<>();
    private final Set<WorkerKey> used = new HashSet<>();
    private final Map<JobKey, SortedSet<Integer>> coming = new HashMap<>();
    private final Map<Integer, Set<WorkerKey>> taken = new HashMap<>();
    private final Map<JobKey, SortedSet<WorkerKey>> places = new HashMap<>();
    private final Instant now;
    private final Duration patience;

    Rooms(List<Slot> slots, Instant now, Duration patience) {
        this.now = now;
        this.patience = patience;
        for (Slot slot : slots) {
            if (slot.kind() != Slot.Kind.LEAVING) {
                rooms.add(new Room(slot));
            }
        }
    }

    /** Puts as many tasks of each job into rooms as there is room for; answers how many tasks found none. */
    Map<JobKey, Integer> place(List<Waiting> jobs) {
        Map<JobKey, Integer> left = new HashMap<>();
        for (Waiting job : jobs.stream().sorted(Waiting.LARGEST_FIRST).toList()) {
            int tasks = job.tasks();
            while (tasks > 0 && placeOne(job, rooms -> trusted(rooms, job))) {
                tasks--;
            }
            left.put(job.key(), tasks);
        }
        // Slurm could not start the other parts either as long as one of them had no worker.
        for (Waiting job : jobs) {
            if (taken.containsKey(job.together()) && left.getOrDefault(job.key(), 0) > 0 && placeOne(job, _ -> true)) {
                left.put(job.key(), 0);
            }
        }
        return left;
    }

    /** Whether some waiting job was put into that worker. */
    boolean used(WorkerKey key) {
        return used.contains(key);
    }

    /** The leases with workers to come into which each job was put. */
    Map<JobKey, SortedSet<Integer>> coming() {
        return coming;
    }

    /** The workers into which each job was put. */
    Map<JobKey, SortedSet<WorkerKey>> places() {
        return places;
    }

    private static List<Room> choose(Waiting job, List<Room> fitting, Predicate<List<Room>> suits) {
        if (fitting.stream().anyMatch(room -> room.slot.tenant().once())) {
            return oneLease(job, fitting);
        }
        return job.nodes() == 1
                ? fitting.stream()
                        .filter(room -> suits.test(List.of(room)))
                        .limit(1)
                        .toList()
                : fitting.stream()
                        .sorted(COMING_AND_LATEST_FIRST)
                        .limit(job.nodes())
                        .toList();
    }

    /** Workers that are a job's own come as one lease; one that has come whole goes before one that is still to come. */
    private static List<Room> oneLease(Waiting job, List<Room> fitting) {
        Map<Integer, List<Room>> leases = new TreeMap<>();
        fitting.forEach(room -> leases.computeIfAbsent(room.slot.key().lease(), _ -> new ArrayList<>())
                .add(room));
        return leases.values().stream()
                .filter(lease -> lease.size() >= job.nodes())
                .min(Comparator.comparing(
                        lease -> lease.stream().anyMatch(room -> room.slot.kind() == Slot.Kind.COMING)))
                .map(lease -> lease.subList(0, job.nodes()))
                .orElse(List.of());
    }

    private boolean placeOne(Waiting job, Predicate<List<Room>> suits) {
        List<Room> fitting = rooms.stream()
                .filter(room -> takes(room, job))
                .sorted(TIGHTEST_FIRST)
                .toList();
        List<Room> chosen = choose(job, fitting, suits);
        if (chosen.size() < job.nodes() || !suits.test(chosen)) {
            return false;
        }
        for (Room room : chosen) {
            boolean all = job.wholeWorker() || room.slot.tenant().once();
            room.free = all ? new Need(0, 0) : room.free.minus(job.perNode());
            places.computeIfAbsent(job.key(), _ -> new TreeSet<>()).add(room.slot.key());
            used.add(room.slot.key());
            if (job.together() != 0) {
                taken.computeIfAbsent(job.together(), _ -> new HashSet<>()).add(room.slot.key());
            }
            if (room.slot.kind() == Slot.Kind.COMING) {
                coming.computeIfAbsent(job.key(), _ -> new TreeSet<>())
                        .add(room.slot.key().lease());
            }
        }
        return true;
    }

    private boolean takes(Room room, Waiting job) {
        return room.slot.tenant().admits(job, room.slot.key().lease())
                && job.perNode().fitsIn(room.free)
                && job.tmpMiB() <= room.slot.tmpMiB()
                && job.limitMin() <= room.slot.usableMin()
                && !taken.getOrDefault(job.together(), Set.of()).contains(room.slot.key())
                && (!job.wholeWorker() || room.free.equals(room.slot.size()));
    }

    /**
     * Rooms that Slurm has left free side by side, next to a job that waits, do not suit that job, for a reason that we cannot
     * see. As long as one of them is still to come, Slurm had no choice.
     */
    private boolean trusted(List<Room> chosen, Waiting job) {
        Instant all = job.since();
        for (Room room : chosen) {
            if (room.slot.kind() == Slot.Kind.COMING) {
                return true;
            }
            all = room.slot.since().isAfter(all) ? room.slot.since() : all;
        }
        return Duration.between(all, now).compareTo(patience) <= 0;
    }
}
