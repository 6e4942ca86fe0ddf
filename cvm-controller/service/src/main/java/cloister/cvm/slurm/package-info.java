/** The project's own Slurm: its configuration, its commands, and the numbers we read from them. */
@NullMarked
package cloister.cvm.slurm;

import org.jspecify.annotations.NullMarked;
