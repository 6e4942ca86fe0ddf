package cloister.backend.pulse;

import org.springframework.context.SmartLifecycle;

/** A component that lives by a pulse: it beats from when the application has started until it stops. */
public interface Paced extends SmartLifecycle {
    /** Its pulse, the same one each time. */
    Pulse pulse();

    @Override
    default void start() {
        pulse().start();
    }

    @Override
    default void stop() {
        pulse().close();
    }

    @Override
    default boolean isRunning() {
        return pulse().isRunning();
    }
}
