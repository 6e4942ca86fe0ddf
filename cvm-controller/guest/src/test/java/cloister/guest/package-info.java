@NullMarked
package cloister.guest;

import org.jspecify.annotations.NullMarked;
