/**
 * The door to the site's scheduler: placeholders are submitted, watched and ended, and the gate that holds their start is
 * answered. This room learns counts, accounts and times; it knows nothing of what researchers run.
 */
@NullMarked
package cloister.bridge;

import org.jspecify.annotations.NullMarked;
