package cloister.backend.machine;

import java.time.Instant;

/** A machine as a VM host shows it: a live domain that bears our mark. */
public sealed interface LiveMachine {
    MachineId id();

    /** Name of the VM host. */
    String host();

    /** A live CVM. */
    record Cvm(MachineId id, String host) implements LiveMachine {}

    /**
     * A live worker, with the placeholder that it says it belongs to.
     *
     * @param id which worker
     * @param host name of the VM host
     * @param attempt number of the placeholder within its lease
     * @param job the placeholder's number in the global Slurm
     * @param submitted when the placeholder was submitted, to the second
     * @param endsAt when it must be gone at the latest, to the second
     */
    record Worker(MachineId id, String host, int attempt, long job, Instant submitted, Instant endsAt)
            implements LiveMachine {}
}
