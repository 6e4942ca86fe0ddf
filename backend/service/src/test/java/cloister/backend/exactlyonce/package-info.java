/** The backend as a process of its own beside a real Slurm, killed again and again. */
@NullMarked
package cloister.backend.exactlyonce;

import org.jspecify.annotations.NullMarked;
