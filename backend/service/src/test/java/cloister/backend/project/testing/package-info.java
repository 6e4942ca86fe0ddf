/** Fakes of the project room. */
@NullMarked
package cloister.backend.project.testing;

import org.jspecify.annotations.NullMarked;
