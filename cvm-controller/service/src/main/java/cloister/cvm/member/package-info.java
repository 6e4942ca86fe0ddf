/** The project's members as accounts of the CVM. */
@NullMarked
package cloister.cvm.member;

import org.jspecify.annotations.NullMarked;
