/**
 * What a CVM, a booting guest and the backend may say to each other.
 *
 * <p>Records that travel from a project to the backend implement {@link cloister.broker.Upward}: they hold integers
 * within published bounds, codes and assigned numbers, and never text. The one exception is {@link
 * cloister.broker.Hello}. {@code broker.yaml} beside this package is the same contract for other languages; a test
 * holds the two together.
 */
@NullMarked
package cloister.broker;

import org.jspecify.annotations.NullMarked;
