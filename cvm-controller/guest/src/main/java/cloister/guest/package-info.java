/**
 * What every guest does first, CVM or worker: it is told on the boot channel who it is, sets its clock, shuts its firewall,
 * brings up its network, and says hello with its public key.
 */
@NullMarked
package cloister.guest;

import org.jspecify.annotations.NullMarked;
