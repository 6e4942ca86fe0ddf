package cloister.backend.lease;

import org.springframework.stereotype.Component;

/** Makes the loop run sooner; between the two so that neither needs the other. */
@Component
final class LeaseWake {
    private volatile Runnable target = () -> {};
    private boolean happened;
    private boolean recorded;

    void target(Runnable loop) {
        target = loop;
    }

    /** Something happened to a lease. */
    void wake() {
        synchronized (this) {
            happened = true;
        }
        target.run();
    }

    /** There is a new lease: nothing else needs a look. */
    void wakeForNew() {
        synchronized (this) {
            recorded = true;
        }
        target.run();
    }

    /** Whether since the last call nothing was said but that there are new leases. */
    synchronized boolean onlyNew() {
        boolean only = recorded && !happened;
        recorded = false;
        happened = false;
        return only;
    }
}
