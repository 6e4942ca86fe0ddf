package cloister.cvm.worker;

/** Something to do for a worker. Every effect can be done twice. */
public sealed interface Effect {
    /** Sign its certificate, tell it its place, bring its tunnel up; then say {@link Event.Joined} or {@link Event.NotJoined}. */
    record Join(Guest guest) implements Effect {}

    /**
     * Keep Slurm from starting what could not end before the worker's term.
     *
     * @param sooner whether the term ends before the time that was known until now: who works there is told
     */
    record Fence(boolean sooner) implements Effect {}

    /** Show it that its CVM lives. */
    record Greet(Guest guest) implements Effect {}

    /** Bring its tunnel up again. */
    record Reconnect(Guest guest) implements Effect {}

    /** Tell Slurm to start nothing more on it. */
    record Drain() implements Effect {}

    /** Let Slurm use it again. */
    record Resume() implements Effect {}

    /**
     * Take away what is left of it: node, machine, tunnel, its part of the lease; then say {@link Event.Cleared} or {@link
     * Event.NotCleared}.
     *
     * @param parting why it goes
     */
    record Clear(Parting parting) implements Effect {}
}
