/** The operators' command: a thin face of the backend's UNIX socket. */
@NullMarked
package cloister.cli;

import org.jspecify.annotations.NullMarked;
