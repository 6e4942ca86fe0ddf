/** A real Slurm for tests that need one. */
@NullMarked
package cloister.slurm.testing;

import org.jspecify.annotations.NullMarked;
