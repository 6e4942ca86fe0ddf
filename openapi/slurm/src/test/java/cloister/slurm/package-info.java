/** Tests of the description from which the client is generated. */
@NullMarked
package cloister.slurm;

import org.jspecify.annotations.NullMarked;
