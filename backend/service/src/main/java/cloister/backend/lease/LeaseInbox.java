package cloister.backend.lease;

import cloister.backend.machine.MachineAlarm;
import cloister.backend.machine.MachineGone;
import cloister.backend.machine.MachineHeard;
import cloister.backend.machine.MachineId;
import cloister.vpn.identity.Spki;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** What machines said between two looks at their lease. Nothing is decided here; what doesn't fit is said or seen again. */
@Component
class LeaseInbox {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseInbox.class);

    /** Hellos of all workers of the largest lease, twice. */
    private static final int LONGEST_QUEUE = 2048;

    private final Map<LeaseId, BlockingQueue<Lease.Event>> queues = new ConcurrentHashMap<>();
    private final InstantSource clock;
    private final LeaseWake loop;
    private volatile Instant somethingGone = Instant.EPOCH;

    LeaseInbox(InstantSource clock, LeaseWake loop) {
        this.clock = clock;
        this.loop = loop;
    }

    @EventListener
    void on(MachineHeard heard) {
        if (!heard.id().isCvm()) {
            put(heard.id(), new Lease.Event.Heard(clock.instant(), heard.id().worker(), Spki.parse(heard.tlsSpki())));
        }
    }

    @EventListener
    void on(MachineAlarm alarm) {
        if (!alarm.id().isCvm()) {
            LOG.error("ALARM {}: {}", alarm.id(), alarm.what());
            put(alarm.id(), new Lease.Event.Lost(clock.instant(), alarm.id().worker()));
        }
    }

    /** Only a hint: the hosts are asked in the next pass. */
    @EventListener
    void on(MachineGone gone) {
        if (!gone.id().isCvm()) {
            somethingGone = clock.instant();
            loop.wake();
        }
    }

    private void put(MachineId id, Lease.Event event) {
        LeaseId lease = new LeaseId(id.project(), id.lease());
        if (!queues.computeIfAbsent(lease, _ -> new ArrayBlockingQueue<>(LONGEST_QUEUE))
                .offer(event)) {
            LOG.warn("the queue of {} is full: {} will be heard again", lease, id);
        }
        loop.wake();
    }

    /** All that was said since the last call. */
    List<Lease.Event> drain(LeaseId lease) {
        BlockingQueue<Lease.Event> queue = queues.get(lease);
        if (queue == null) {
            return List.of();
        }
        List<Lease.Event> events = new ArrayList<>();
        queue.drainTo(events);
        return events;
    }

    /** Nothing will be said any more that matters. */
    void forget(LeaseId lease) {
        queues.remove(lease);
    }

    /** When a machine was last said to be gone. */
    Instant somethingGone() {
        return somethingGone;
    }
}
