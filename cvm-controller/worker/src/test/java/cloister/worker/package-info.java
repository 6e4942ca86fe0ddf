@NullMarked
package cloister.worker;

import org.jspecify.annotations.NullMarked;
