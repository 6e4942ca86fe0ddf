/**
 * A project's tunnels: its certificate authority, and the connections that charon keeps between its machines.
 *
 * <p>The door: {@link cloister.vpn.ProjectCa} signs, {@link cloister.vpn.Tunnels} loads and watches. Who a machine is stands in
 * {@link cloister.vpn.identity}; how charon is spoken to in {@link cloister.vpn.vici} is nobody else's business.
 */
@NullMarked
package cloister.vpn;

import org.jspecify.annotations.NullMarked;
