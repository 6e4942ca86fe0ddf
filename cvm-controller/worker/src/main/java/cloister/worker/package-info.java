/**
 * The VM controller on a worker: it joins the worker to its project's cluster as the CVM says, tells the CVM how far it is,
 * and ends the worker when it is given back, when its time is over, or when nobody has asked for it for long.
 */
@NullMarked
package cloister.worker;

import org.jspecify.annotations.NullMarked;
