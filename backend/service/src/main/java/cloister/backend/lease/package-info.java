/**
 * The lease room: from a CVM's wish through a placeholder in the global Slurm to worker VMs, and back. {@link
 * cloister.backend.lease.Lease} is the life of one lease; the rest compares what is wanted with what is.
 */
@NullMarked
package cloister.backend.lease;

import org.jspecify.annotations.NullMarked;
