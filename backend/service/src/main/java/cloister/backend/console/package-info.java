/** The console room: what operators ask, over a UNIX socket that only root and the service's own user can open. */
@NullMarked
package cloister.backend.console;

import org.jspecify.annotations.NullMarked;
