@NullMarked
package cloister.isolation;

import org.jspecify.annotations.NullMarked;
