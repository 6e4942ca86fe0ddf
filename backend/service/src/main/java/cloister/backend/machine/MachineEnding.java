package cloister.backend.machine;

/**
 * A worker's machine is about to be ended, and this is the last that its host says of it. Published before the end, which
 * waits for the listeners.
 *
 * @param usage its last figures
 */
public record MachineEnding(MachineUsage usage) {}
