/**
 * {@code cloister doctor slurm}: looks at a live installation of the global Slurm and says what is wrong and what to do. What can
 * be seen is gathered once ({@link cloister.cli.doctor.Facts}); each {@link cloister.cli.doctor.Item} is a pure judgement of it.
 */
@NullMarked
package cloister.cli.doctor;

import org.jspecify.annotations.NullMarked;
