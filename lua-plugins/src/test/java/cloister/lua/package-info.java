/** Runs the plugins as Slurm does, on three Luas, and the host scripts in a world of their own. */
@NullMarked
package cloister.lua;

import org.jspecify.annotations.NullMarked;
