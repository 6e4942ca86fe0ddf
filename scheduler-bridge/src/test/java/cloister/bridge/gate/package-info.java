@NullMarked
package cloister.bridge.gate;

import org.jspecify.annotations.NullMarked;
