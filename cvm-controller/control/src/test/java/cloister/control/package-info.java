@NullMarked
package cloister.control;

import org.jspecify.annotations.NullMarked;
