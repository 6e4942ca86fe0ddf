/**
 * The protocol of strongSwan's control socket, vici, in four layers: {@link cloister.vpn.vici.Transport} moves frames, {@link
 * cloister.vpn.vici.Packet} says what a frame is, {@link cloister.vpn.vici.Message} is its content, {@link
 * cloister.vpn.vici.Session} pairs requests with answers. Lengths are refused before anything is allocated, and every wait has
 * an end.
 *
 * <p>Source: {@code src/libcharon/plugins/vici/README.md} of strongSwan 6.0.
 */
@NullMarked
package cloister.vpn.vici;

import org.jspecify.annotations.NullMarked;
