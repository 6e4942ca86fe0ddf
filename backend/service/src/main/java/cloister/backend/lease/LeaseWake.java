package cloister.backend.lease;

import org.springframework.stereotype.Component;

/** Makes the loop run sooner; between the two so that neither needs the other. */
@Component
final class LeaseWake {
    private volatile Runnable target = () -> {};

    void target(Runnable loop) {
        target = loop;
    }

    void wake() {
        target.run();
    }
}
