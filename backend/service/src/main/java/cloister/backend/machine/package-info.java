/**
 * The machine room: starts and ends the VMs of projects on the VM hosts, and hears what they say first.
 *
 * <p>Its door is {@link cloister.backend.machine.Machines}; what happens between calls comes as application events
 * ({@link cloister.backend.machine.MachineHeard}, {@link cloister.backend.machine.MachineAlarm}, {@link
 * cloister.backend.machine.MachineGone}). The room remembers nothing of its own: what runs is what the hosts say.
 */
@NullMarked
package cloister.backend.machine;

import org.jspecify.annotations.NullMarked;
