@NullMarked
package cloister.backend.host;

import org.jspecify.annotations.NullMarked;
