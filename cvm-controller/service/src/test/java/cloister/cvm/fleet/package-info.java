@NullMarked
package cloister.cvm.fleet;

import org.jspecify.annotations.NullMarked;
