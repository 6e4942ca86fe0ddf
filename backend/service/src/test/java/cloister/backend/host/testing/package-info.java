/** Stand-ins for the host room. */
@NullMarked
package cloister.backend.host.testing;

import org.jspecify.annotations.NullMarked;
