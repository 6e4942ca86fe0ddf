package cloister.backend.lease;

import cloister.broker.LeaseRequest;
import cloister.vpn.identity.Spki;

/**
 * A lease as it is stored.
 *
 * @param id which
 * @param wish what the CVM asked for
 * @param termMin longest life in minutes: the wish's, or what it was extended to
 * @param spread whether its workers go to different hosts, by the wish or the project's policy
 * @param cvm key of the CVM that asked: the only one that its workers will trust
 * @param state where it is
 */
record LeaseRecord(LeaseId id, LeaseRequest wish, int termMin, boolean spread, Spki cvm, Lease state) {
    /** The most that it could use, in CPU minutes. */
    long cpuMinutes() {
        return cpuMinutes(wish, termMin);
    }

    static long cpuMinutes(LeaseRequest wish, int minutes) {
        return (long) wish.workers() * wish.cpus() * minutes;
    }

    LeaseRecord with(Lease next) {
        return new LeaseRecord(id, wish, termMin, spread, cvm, next);
    }
}
