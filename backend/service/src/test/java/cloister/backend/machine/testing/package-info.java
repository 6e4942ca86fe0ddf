/** Stand-ins for the machine room. */
@NullMarked
package cloister.backend.machine.testing;

import org.jspecify.annotations.NullMarked;
