@NullMarked
package cloister.bridge.slurm;

import org.jspecify.annotations.NullMarked;
