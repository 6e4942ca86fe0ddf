package cloister.cvm.fleet;

import cloister.cvm.demand.Need;
import cloister.cvm.demand.Slot;
import cloister.cvm.demand.Tenant;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.slurm.Node;
import cloister.cvm.slurm.NodeState;
import cloister.cvm.worker.Worker;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A worker with what was last seen of its node. */
final class Tracked {
    private static final int BELIEVED_ABSENCES = 3;

    private final WorkerKey key;
    private Worker life = new Worker.Starting();
    private @Nullable Node node;
    private Instant since;
    private Instant lastLook;
    private Duration busy = Duration.ZERO;
    private boolean everBusy;
    private int absences;

    Tracked(WorkerKey key, Instant now) {
        this.key = key;
        this.since = now;
        this.lastLook = now;
    }

    WorkerKey key() {
        return key;
    }

    Worker life() {
        return life;
    }

    void become(Worker next) {
        life = next;
    }

    boolean gone() {
        return life instanceof Worker.Gone;
    }

    boolean everBusy() {
        return everBusy;
    }

    Duration busy() {
        return busy;
    }

    /** Notes what Slurm says of the node at a time. */
    void look(Node next, Instant at) {
        Node before = node;
        if (before != null && before.state() == NodeState.BUSY && at.isAfter(lastLook)) {
            busy = busy.plus(Duration.between(lastLook, at));
        }
        Instant worked = Instant.ofEpochSecond(next.lastBusy());
        boolean changed = before == null
                || before.state() != next.state()
                || !before.free().equals(next.free());
        boolean workedSince = before != null && worked.isAfter(since) && !worked.isAfter(at);
        if (next.state() == NodeState.FREE && workedSince) {
            // Its job ended between two looks, or came and went.
            since = worked;
            everBusy = true;
        } else if (changed) {
            since = at;
        }
        everBusy |= next.state() == NodeState.BUSY;
        node = next;
        lastLook = at;
        absences = 0;
    }

    /** Notes that the node was not there; answers whether that is to be believed: a restarted slurmctld may leave one out. */
    boolean missed() {
        absences++;
        if (absences < BELIEVED_ABSENCES) {
            return false;
        }
        node = null;
        return true;
    }

    /** Whether the next look at its node decides something: it joins or drains, or was not there the last time. */
    boolean awaitsLook() {
        return switch (life) {
            case Worker.Registering _, Worker.Draining _ -> true;
            case Worker.Serving _ -> absences > 0 || node == null;
            case Worker.Starting _, Worker.Resting _, Worker.Joining _, Worker.Leaving _, Worker.Gone _ -> false;
        };
    }

    /** The worker as room for jobs. */
    Slot slot(Need expected, int tmpMiB, int usableMin, Tenant tenant) {
        Node seen = node;
        return switch (life) {
            // After a restart of the controller a node may have jobs long before its worker is joined again.
            case Worker.Starting _, Worker.Resting _, Worker.Joining _, Worker.Registering _ ->
                seen == null || seen.state() == NodeState.DOWN || seen.state() == NodeState.DRAINED
                        ? new Slot(key, Slot.Kind.COMING, expected, expected, tmpMiB, since, usableMin, tenant)
                        : inSlurm(seen, tmpMiB, usableMin, tenant);
            case Worker.Serving _ ->
                seen == null
                        ? new Slot(key, Slot.Kind.COMING, expected, expected, tmpMiB, since, usableMin, tenant)
                        : inSlurm(seen, tmpMiB, usableMin, tenant);
            case Worker.Draining _, Worker.Leaving _, Worker.Gone _ ->
                new Slot(key, Slot.Kind.LEAVING, expected, new Need(0, 0), tmpMiB, since, 0, tenant);
        };
    }

    private Slot inSlurm(Node seen, int tmpMiB, int usableMin, Tenant tenant) {
        return switch (seen.state()) {
            case FREE -> new Slot(key, Slot.Kind.IDLE, seen.size(), seen.free(), tmpMiB, since, usableMin, tenant);
            case BUSY -> new Slot(key, Slot.Kind.BUSY, seen.size(), seen.free(), tmpMiB, since, usableMin, tenant);
            case DRAINING, DRAINED, DOWN ->
                new Slot(key, Slot.Kind.LEAVING, seen.size(), new Need(0, 0), tmpMiB, since, 0, tenant);
        };
    }
}
