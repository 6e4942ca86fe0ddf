/**
 * What a CVM and the VM controller on one of its workers say to each other: on port 22, over TLS 1.3 with both keys pinned,
 * frames of a length and JSON, one request at a time. The CVM asks, the worker answers.
 *
 * <p>Everything that arrives is bounded before it is kept and checked field by field before anything acts on it.
 */
@NullMarked
package cloister.control;

import org.jspecify.annotations.NullMarked;
