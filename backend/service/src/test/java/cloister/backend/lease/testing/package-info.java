/** Fakes of what the lease room talks to. */
@NullMarked
package cloister.backend.lease.testing;

import org.jspecify.annotations.NullMarked;
