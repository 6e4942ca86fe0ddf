package cloister.cvm.worker;

import cloister.cvm.slurm.NodeState;
import java.time.Instant;

/** Something that happened to a worker, with the time at which we learnt of it. */
public sealed interface Event {
    /** When we learnt of it. */
    Instant at();

    /** The broker says that it is ready to be joined. */
    record Heard(Guest guest, Instant at) implements Event {}

    /** The broker says that it, or its lease, is ending or gone. */
    record Lost(Instant at) implements Event {}

    /** It has its certificate and its tunnel carries. */
    record Joined(Instant at) implements Event {}

    /** A try to join it came to nothing. */
    record NotJoined(Instant at) implements Event {}

    /** The local Slurm has its node. */
    record Seen(NodeState node, Instant at) implements Event {}

    /** The local Slurm has no such node. */
    record Unseen(Instant at) implements Event {}

    /** Nobody needs it any more. */
    record Release(Instant at) implements Event {}

    /** Its tunnel is down. */
    record Cut(Instant at) implements Event {}

    /** All that was left of it has been taken away. */
    record Cleared(Instant at) implements Event {}

    /** Something that was left of it could not be taken away, or nobody knows. */
    record NotCleared(Instant at) implements Event {}

    /** Time passes. */
    record Tick(Instant at) implements Event {}
}
