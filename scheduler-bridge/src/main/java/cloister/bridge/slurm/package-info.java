/** Placeholders by slurmrestd. The generated client and the version of the API are known in here only. */
@NullMarked
package cloister.bridge.slurm;

import org.jspecify.annotations.NullMarked;
