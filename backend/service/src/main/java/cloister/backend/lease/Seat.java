package cloister.backend.lease;

import cloister.isolation.Ipv4;
import cloister.vpn.identity.Spki;

/** A worker's place in a lease whose hosts are chosen. */
public sealed interface Seat {
    /** Number of the worker within its lease, from 1. */
    int k();

    /**
     * Its machine is to be started, or boots.
     *
     * @param k which worker
     * @param host name of the VM host
     * @param address on the underlay
     */
    record Booting(int k, String host, Ipv4 address) implements Seat {}

    /**
     * Its machine said hello.
     *
     * @param k which worker
     * @param host name of the VM host
     * @param address on the underlay
     * @param key the machine's own
     */
    record Ready(int k, String host, Ipv4 address, Spki key) implements Seat {}

    /**
     * Its machine is to be taken away.
     *
     * @param k which worker
     * @param host name of the VM host
     * @param address on the underlay, taken until nothing is left
     */
    record Leaving(int k, String host, Ipv4 address) implements Seat {}

    /**
     * Its host is lost, or not the placeholder's any more. To the project it is gone. Its machine is to be taken away as soon as
     * the host answers, but neither the other workers nor the placeholder's end wait for that.
     *
     * @param k which worker
     * @param host name of the VM host
     * @param address on the underlay, taken until nothing is left
     */
    record Stranded(int k, String host, Ipv4 address) implements Seat {}

    /**
     * Nothing of its machine is left.
     *
     * @param k which worker
     */
    record Gone(int k) implements Seat {}

    /** The same place, with its machine to be taken away. */
    default Seat leaving() {
        return switch (this) {
            case Booting(int k, String host, Ipv4 address) -> new Leaving(k, host, address);
            case Ready(int k, String host, Ipv4 address, Spki _) -> new Leaving(k, host, address);
            case Leaving leaving -> leaving;
            case Stranded stranded -> stranded;
            case Gone gone -> gone;
        };
    }
}
