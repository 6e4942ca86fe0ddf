package cloister.worker;

import cloister.control.Join;
import cloister.guest.Boot;
import cloister.isolation.Ipv4;
import cloister.isolation.Range;

/**
 * The names that the boot line gave this worker: a CVM that mistakes it for another one is told so.
 *
 * @param boot as the boot line said
 */
record Named(Boot.Worker boot) {
    /** Whether the join is for this worker, from a CVM of its project. */
    boolean isOf(Join join) {
        Ipv4 cvm = Ipv4.parse(join.cvmAddress());
        Range overlay = Range.parse(join.overlayRange());
        return join.ownId().equals(id())
                && boot.peers().contains(cvm)
                && !boot.address().equals(cvm)
                && !overlay.contains(boot.peers())
                && !boot.peers().contains(overlay);
    }

    /** Its IKE identity. */
    String id() {
        return boot.name() + ".p" + boot.project() + ".cloister";
    }
}
