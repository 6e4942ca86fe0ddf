package cloister.cvm.broker;

import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.broker.UsageReport;
import java.time.Duration;

/** The backend, as a CVM may speak with it. Every request may be repeated. */
public interface Broker {
    /** Nothing more to say than that it was done. */
    record Done() {}

    /** What the project may ask for. */
    Reply<Limits> limits() throws InterruptedException;

    /** Who may work here. */
    Reply<Members> members() throws InterruptedException;

    /**
     * The leases that changed after a revision.
     *
     * @param since 0 for all that live
     * @param wait how long to wait for a change
     */
    Reply<LeaseList> leases(long since, Duration wait) throws InterruptedException;

    /** Asks for a lease under its number. */
    Reply<Done> ask(int lease, LeaseRequest request) throws InterruptedException;

    /** Gives a lease back, or withdraws it. */
    Reply<Done> giveBack(int lease) throws InterruptedException;

    /** Gives one worker of a lease back. */
    Reply<Done> giveBack(int lease, int worker) throws InterruptedException;

    /** Reports what a worker used. */
    Reply<Done> report(int lease, UsageReport usage) throws InterruptedException;
}
