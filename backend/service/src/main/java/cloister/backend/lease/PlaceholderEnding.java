package cloister.backend.lease;

import java.time.Instant;

/**
 * A placeholder that had hosts is about to be ended. Published before the end, which waits for the listeners; more than once
 * where the end must be asked for again.
 *
 * @param lease whose
 * @param attempt which submission for it
 * @param job its number in the global Slurm
 * @param submitted when Slurm took it, to the second
 * @param gpus of each worker
 */
public record PlaceholderEnding(LeaseId lease, int attempt, long job, Instant submitted, int gpus) {}
