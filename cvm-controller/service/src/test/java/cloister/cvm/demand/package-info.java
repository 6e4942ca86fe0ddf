@NullMarked
package cloister.cvm.demand;

import org.jspecify.annotations.NullMarked;
