/** Fakes for those who use the ledger room. */
@NullMarked
package cloister.backend.ledger.testing;

import org.jspecify.annotations.NullMarked;
