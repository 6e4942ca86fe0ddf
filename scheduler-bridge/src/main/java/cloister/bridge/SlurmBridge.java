package cloister.bridge;

import cloister.bridge.gate.DirectoryGate;
import cloister.bridge.slurm.RestAccounting;
import cloister.bridge.slurm.RestHostStates;
import cloister.bridge.slurm.RestPlaceholders;

/**
 * The site's Slurm, process driver: a placeholder is a job whose only process sleeps.
 *
 * @param placeholders the jobs
 * @param gate what holds their start
 * @param accounting what is charged for them, and to whom
 * @param hosts what Slurm says of the hosts
 */
public record SlurmBridge(Placeholders placeholders, Gate gate, Accounting accounting, HostStates hosts) {
    /** Makes the bridge without talking to Slurm: that it answers is seen at the first request. */
    public static SlurmBridge connect(SlurmBridgeConfig config) {
        return new SlurmBridge(
                RestPlaceholders.connect(config),
                new DirectoryGate(config.gate()),
                RestAccounting.connect(config),
                RestHostStates.connect(config));
    }
}
