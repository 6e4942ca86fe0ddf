/**
 * The CVM's controller. It boots the machine into a project's cluster and then keeps one loop turning: what waits in the
 * local Slurm, what the broker says of the leases, and what each worker is doing, compared with what is wanted.
 */
@NullMarked
package cloister.cvm;

import org.jspecify.annotations.NullMarked;
