package cloister.worker;

import cloister.control.Trouble;
import java.util.Optional;

/** The stages of joining, in their order. Each may be done again at any time. */
enum Stage {
    /** Accounts and host names. */
    NAMES(Trouble.NAMES),
    /** The cluster's key. */
    CLUSTER_KEY(Trouble.CLUSTER_KEY),
    /** The firewall for the overlay, then its interface. */
    OVERLAY(Trouble.OVERLAY),
    /** charon knows certificate, key and tunnels. */
    VPN(Trouble.VPN),
    /** The CVM has brought the tunnel up, and it carries TCP. */
    TUNNEL(Trouble.TUNNEL),
    /** The direct tunnels to the other workers of its lease are up, or have had their time to come up. */
    NEIGHBOURS(Trouble.VPN),
    /** The scratch drive is mounted. */
    SCRATCH(Trouble.SCRATCH),
    /** The home folders are mounted. */
    HOME(Trouble.HOME),
    /** The GPUs of its lease are there, under the names that slurmd knows. */
    GPUS(Trouble.GPUS),
    /** slurmd listens. */
    SLURMD(Trouble.SLURMD);

    private final Trouble trouble;

    Stage(Trouble trouble) {
        this.trouble = trouble;
    }

    Trouble trouble() {
        return trouble;
    }

    Optional<Stage> next() {
        return switch (this) {
            case NAMES -> Optional.of(CLUSTER_KEY);
            case CLUSTER_KEY -> Optional.of(OVERLAY);
            case OVERLAY -> Optional.of(VPN);
            case VPN -> Optional.of(TUNNEL);
            case TUNNEL -> Optional.of(NEIGHBOURS);
            case NEIGHBOURS -> Optional.of(SCRATCH);
            case SCRATCH -> Optional.of(HOME);
            case HOME -> Optional.of(GPUS);
            case GPUS -> Optional.of(SLURMD);
            case SLURMD -> Optional.empty();
        };
    }
}
