/** The backend: one application made of rooms, each a package below this one. */
@NullMarked
package cloister.backend;

import org.jspecify.annotations.NullMarked;
