/** The life of one worker as its CVM sees it. */
@NullMarked
package cloister.cvm.worker;

import org.jspecify.annotations.NullMarked;
