package cloister.control;

/**
 * Another worker of the same lease, for a direct tunnel.
 *
 * @param id its IKE identity, {@code w<L>-<K>.p<P>.cloister}
 * @param address its address on the underlay
 * @param overlay its address on the overlay
 */
public record Peer(String id, String address, String overlay) {
    /** Refuses what is out of bounds. */
    public Peer {
        WorkerName.ofId("id", id);
        Bounds.address("address", address);
        Bounds.address("overlay", overlay);
    }
}
