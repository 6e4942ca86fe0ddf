/**
 * The ledger room: who may be charged in the site's Slurm, what every placeholder was given and used, and whether slurmdbd still
 * says the same.
 */
@NullMarked
package cloister.backend.ledger;

import org.jspecify.annotations.NullMarked;
