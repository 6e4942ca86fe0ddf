@NullMarked
package cloister.cvm.worker;

import org.jspecify.annotations.NullMarked;
