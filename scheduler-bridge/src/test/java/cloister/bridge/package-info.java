@NullMarked
package cloister.bridge;

import org.jspecify.annotations.NullMarked;
