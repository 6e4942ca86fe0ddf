@NullMarked
package cloister.backend.machine;

import org.jspecify.annotations.NullMarked;
