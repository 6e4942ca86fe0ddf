package cloister.bridge;

/** What slurmctld says of one host. */
public sealed interface HostState {
    /** Its slurmd answers, whatever else an administrator may have decided about it. */
    record Serving() implements HostState {}

    /**
     * Its slurmd does not answer, or Slurm has given the host up.
     *
     * @param words Slurm's own for its state, at most 128 characters
     */
    record Silent(String words) implements HostState {}

    /**
     * Slurm did not answer in a way to build on, or does not know the host.
     *
     * @param why for the log
     */
    record Unknown(String why) implements HostState {}
}
