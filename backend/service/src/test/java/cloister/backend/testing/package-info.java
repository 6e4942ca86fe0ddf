/** A whole backend for tests: the real application, database and port, with a faked site around it. */
@NullMarked
package cloister.backend.testing;

import org.jspecify.annotations.NullMarked;
