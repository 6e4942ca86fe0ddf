/** Speaking with the backend. */
@NullMarked
package cloister.cvm.broker;

import org.jspecify.annotations.NullMarked;
