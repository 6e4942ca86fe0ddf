@NullMarked
package cloister.cvm.slurm;

import org.jspecify.annotations.NullMarked;
