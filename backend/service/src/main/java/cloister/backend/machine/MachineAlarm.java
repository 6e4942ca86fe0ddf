package cloister.backend.machine;

/**
 * Application event: a machine did what no honest guest does, and its domain was ended for it.
 *
 * @param id which machine
 * @param what for the operator and the audit, never the guest's own words
 */
public record MachineAlarm(MachineId id, String what) {}
