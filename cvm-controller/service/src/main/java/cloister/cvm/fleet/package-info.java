/** What this CVM has: its leases and their workers, and what to do about each as the world reports. */
@NullMarked
package cloister.cvm.fleet;

import org.jspecify.annotations.NullMarked;
