package cloister.backend.machine;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;

/** The room's events, to whoever listens. */
final class Announcements implements Conversations.Events, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Announcements.class);

    /** Ends that nobody was told of yet; more than this are found by the next survey. */
    private static final int LONGEST_QUEUE = 10_000;

    private final ApplicationEventPublisher publisher;

    /** libvirt's event loop must not wait for listeners: one thread of its own tells them of ends. */
    private final ThreadPoolExecutor ends = new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(LONGEST_QUEUE),
            Thread.ofPlatform().daemon().name("machine-ends").factory(),
            (task, threads) -> LOG.warn("too many machines ended at once; the next survey finds them"));

    Announcements(ApplicationEventPublisher publisher) {
        this.publisher = publisher;
    }

    @Override
    public void heard(MachineHeard heard) {
        publisher.publishEvent(heard);
    }

    @Override
    public void alarm(MachineAlarm alarm) {
        publisher.publishEvent(alarm);
    }

    /** A machine is about to be ended; returns once everybody was told. */
    void ending(MachineEnding ending) {
        publisher.publishEvent(ending);
    }

    /** A domain of that name ended; returns at once. */
    void ended(String domain) {
        MachineId.ofDomain(domain).ifPresent(id -> ends.execute(() -> gone(id)));
    }

    private void gone(MachineId id) {
        try {
            publisher.publishEvent(new MachineGone(id));
        } catch (RuntimeException e) {
            LOG.warn("the end of {} reached nobody; the next survey finds it", id, e);
        }
    }

    @Override
    public void close() {
        ends.shutdownNow();
    }
}
