package cloister.backend.machine;

import java.time.Instant;

/**
 * What a worker's machine has used so far, by its host's hypervisor: the figures that {@code virsh domstats} shows as {@code
 * cpu.time} and {@code balloon.rss}.
 *
 * @param id which worker
 * @param attempt number of the placeholder within its lease
 * @param job the placeholder's number in the global Slurm
 * @param submitted when the placeholder was submitted, to the second
 * @param cpuNanos time on cores since the machine's start, QEMU's own threads included
 * @param residentKib memory of the host that it holds now
 */
public record MachineUsage(MachineId id, int attempt, long job, Instant submitted, long cpuNanos, long residentKib) {
    /** Refuses a CVM and negative figures. */
    public MachineUsage {
        if (id.isCvm() || cpuNanos < 0 || residentKib < 0) {
            throw new IllegalArgumentException("only workers are measured, and never below zero");
        }
    }
}
