/** The pulse room: what makes the level-triggered loops of the other rooms run. */
@NullMarked
package cloister.backend.pulse;

import org.jspecify.annotations.NullMarked;
