package cloister.backend.host;

/** Whether what Slurm gave on a host can be turned into a machine's place there. */
public sealed interface Fit {
    /** The place. */
    record Fits(Placement placement) implements Fit {}

    /** Nobody has told which processors the host has: its own scheduler places the machine. */
    record Anywhere() implements Fit {}

    /**
     * The host's map and Slurm disagree, or Slurm gave what cannot be handed on.
     *
     * @param why for the operator, with what to do
     */
    record Refused(String why) implements Fit {}
}
