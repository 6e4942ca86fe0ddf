package cloister.cvm;

import cloister.cvm.demand.WorkerKey;
import cloister.guest.Boot;
import cloister.guest.GuestNetwork;
import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import cloister.vpn.Tunnel;

/**
 * The names and addresses inside this project.
 *
 * @param number of the project
 * @param address the CVM's on the underlay
 * @param peers the project's range on the underlay
 */
record Project(int number, Ipv4 address, Range peers) {
    /** Every project has the same overlay: no two of them ever meet. */
    static final Range OVERLAY = Range.parse("10.99.0.0/24");

    static final Ipv4 OVERLAY_CVM = Ipv4.parse("10.99.0.1");
    private static final int LAST_OCTET = 3;

    static Project of(Boot.Cvm boot) {
        return new Project(boot.project(), boot.address(), boot.peers());
    }

    /** The CVM's IKE identity. */
    String ownId() {
        return "cvm.p" + number + ".cloister";
    }

    /** A worker's IKE identity. */
    String idOf(WorkerKey worker) {
        return worker.node() + ".p" + number + ".cloister";
    }

    /**
     * A worker's address on the overlay: it ends like its address on the underlay, so that no two are alike.
     *
     * @throws IllegalArgumentException where the address is not one of the project's workers'
     */
    Ipv4 overlayOf(Ipv4 underlay) {
        int last = underlay.octet(LAST_OCTET);
        if (!peers.contains(underlay) || underlay.equals(address) || last < 2 || last > 254) {
            throw new IllegalArgumentException("the worker's address is not one of the project's workers'");
        }
        return Ipv4.parse("10.99.0." + last);
    }

    /** The tunnel to a worker, as this end sees it. It is called like the worker's node. */
    Tunnel tunnelTo(WorkerKey worker, Ipv4 underlay) {
        return new Tunnel(
                worker.node(),
                address.toString(),
                underlay.toString(),
                ownId(),
                idOf(worker),
                OVERLAY.toString(),
                overlayOf(underlay) + "/32",
                GuestNetwork.ifId(),
                false);
    }
}
