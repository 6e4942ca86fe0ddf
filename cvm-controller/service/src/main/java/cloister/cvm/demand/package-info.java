/** Which leases a project wants: a pure function of what waits, what there is, and what the site allows. */
@NullMarked
package cloister.cvm.demand;

import org.jspecify.annotations.NullMarked;
