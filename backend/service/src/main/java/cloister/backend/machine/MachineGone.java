package cloister.backend.machine;

/**
 * Application event: a machine's domain ended. A hint to look sooner, never the proof: events can be lost.
 *
 * @param id which machine
 */
public record MachineGone(MachineId id) {}
