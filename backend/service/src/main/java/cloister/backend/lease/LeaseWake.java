package cloister.backend.lease;

import cloister.backend.project.Project;
import java.util.ArrayList;
import java.util.List;
import org.springframework.stereotype.Component;

/** Makes the loop run sooner; between the two so that neither needs the other. */
@Component
final class LeaseWake {
    private final List<New> recorded = new ArrayList<>();
    private volatile Runnable target = () -> {};
    private boolean happened;

    /** A lease that nobody acted on yet, and its project, both as they were when it was stored. */
    record New(LeaseRecord lease, Project project) {}

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
    void wakeFor(New lease) {
        synchronized (this) {
            recorded.add(lease);
        }
        target.run();
    }

    /** The new leases, if since the last call nothing else was said; none where all leases need a look. */
    synchronized List<New> onlyNew() {
        List<New> only = happened ? List.of() : List.copyOf(recorded);
        recorded.clear();
        happened = false;
        return only;
    }
}
