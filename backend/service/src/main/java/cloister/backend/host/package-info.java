/** The host room: the VM hosts that the operators have named. */
@NullMarked
package cloister.backend.host;

import org.jspecify.annotations.NullMarked;
