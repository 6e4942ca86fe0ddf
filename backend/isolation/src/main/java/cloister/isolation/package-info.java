/**
 * Who may talk to whom, as firewall rules for a VM's tap on its host and for the inside of a guest.
 *
 * <p>Everything here fails shut: what no rule names is dropped, in both directions and on both sides. Rules are text
 * for {@code nft}, but no text gets in: addresses and ports are parsed values, because nft would look a name up.
 */
@NullMarked
package cloister.isolation;

import org.jspecify.annotations.NullMarked;
