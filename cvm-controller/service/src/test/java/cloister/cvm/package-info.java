@NullMarked
package cloister.cvm;

import org.jspecify.annotations.NullMarked;
