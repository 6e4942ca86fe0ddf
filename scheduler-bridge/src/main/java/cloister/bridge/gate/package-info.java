/** The gate as a folder that slurmctld and the backend share. */
@NullMarked
package cloister.bridge.gate;

import org.jspecify.annotations.NullMarked;
