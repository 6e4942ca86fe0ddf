package cloister.broker;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answer of {@code GET /broker/v1/leases?since={revision}&wait={seconds}}: the leases that changed after {@code since}; with
 * {@code since=0} those that live. An ended lease is listed once more, as {@link LeaseState#ENDED}, to callers behind its end.
 *
 * @param revision pass it as the next {@code since}
 * @param leases in the order of their numbers
 */
public record LeaseList(long revision, List<Lease> leases) {
    /**
     * One lease as its CVM may see it.
     *
     * @param n number of the lease within its project
     * @param state where it is
     * @param reason why
     * @param endsAt Unix seconds at which it ends at the latest, where known
     * @param expectedStart Unix seconds at which the cluster expects to start it, where known
     * @param workers its workers in the order of their numbers; empty until hosts are chosen
     */
    public record Lease(
            int n,
            LeaseState state,
            ReasonCode reason,
            @Nullable Long endsAt,
            @Nullable Long expectedStart,
            List<Worker> workers) {
        public Lease {
            workers = List.copyOf(workers);
        }
    }

    /**
     * One worker of a lease.
     *
     * @param k number of the worker within its lease, from 1
     * @param state where it is
     * @param address its IPv4 address on the underlay, a literal, once it is {@link WorkerState#READY}
     * @param tlsSpki base64 of its DER SubjectPublicKeyInfo, once it is {@link WorkerState#READY}: the backend's claim
     */
    public record Worker(
            int k,
            WorkerState state,
            @Nullable String address,
            @Nullable String tlsSpki) {}

    public LeaseList {
        leases = List.copyOf(leases);
    }
}
