package cloister.backend.lease;

import java.time.Duration;

/**
 * The numbers that a lease's life depends on, already scaled to the site's speed.
 *
 * @param settle how long after a submission without an answer the cluster may still take it
 * @param bootLimit longest time from the gate's question to the last hello and the start of the placeholder
 * @param endLimit how long a running placeholder is given to end by signal, before it is cancelled
 * @param clearLimit how long after its term a host that does not answer is asked about its machines
 * @param attempts most submissions for one lease
 * @param backoff pause before the second submission; doubled for each further one
 * @param nodeLoss what becomes of a lease that loses a host
 */
public record Rules(
        Duration settle,
        Duration bootLimit,
        Duration endLimit,
        Duration clearLimit,
        int attempts,
        Duration backoff,
        NodeLoss nodeLoss) {}
