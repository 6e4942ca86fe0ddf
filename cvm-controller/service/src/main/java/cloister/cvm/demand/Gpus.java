package cloister.cvm.demand;

import cloister.broker.GpuKind;

/**
 * GPUs, of a job on one node or of a worker.
 *
 * @param kind their kind; with a count, {@link GpuKind#NONE} is a job's "whichever there is"
 * @param count how many, from 0
 */
public record Gpus(GpuKind kind, int count) {
    /** No GPU. */
    public static Gpus none() {
        return new Gpus(GpuKind.NONE, 0);
    }

    public Gpus {
        if (count < 0) {
            throw new IllegalArgumentException("GPUs must not be negative");
        }
    }

    boolean fitsIn(Gpus room) {
        return count == 0 || (count <= room.count && (kind == GpuKind.NONE || kind == room.kind));
    }

    Gpus minus(Gpus other) {
        return new Gpus(kind, count - other.count);
    }
}
