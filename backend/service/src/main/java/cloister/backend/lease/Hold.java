package cloister.backend.lease;

import java.time.Instant;

/**
 * A placeholder that asked at the gate: what it holds and until when.
 *
 * @param attempt which submission for the lease
 * @param job its number in the global Slurm
 * @param submitted when Slurm took it, to the second
 * @param restart how often Slurm started it again
 * @param nodes its hosts, as Slurm writes them
 * @param endsAt gate asked + term, to the second
 */
public record Hold(int attempt, long job, Instant submitted, int restart, String nodes, Instant endsAt) {}
