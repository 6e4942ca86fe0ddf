package cloister.backend.machine;

import cloister.broker.Hello;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The conversations with all machines, and the key that each machine said first: it must not say another. */
final class Conversations implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Conversations.class);

    private final BootWords words;
    private final Duration promptAfter;
    private final int most;
    private final InstantSource clock;
    private final Events events;
    private final Map<MachineId, Conversation> running = new ConcurrentHashMap<>();
    private final Map<MachineId, Hello> known = new ConcurrentHashMap<>();

    /** Where the room's events go. */
    interface Events {
        /** May throw what its listeners throw. */
        void heard(MachineHeard heard);

        /** May throw what its listeners throw. */
        void alarm(MachineAlarm alarm);
    }

    Conversations(BootWords words, Duration promptAfter, int most, InstantSource clock, Events events) {
        this.words = words;
        this.promptAfter = promptAfter;
        this.most = most;
        this.clock = clock;
        this.events = events;
    }

    /**
     * Sees to it that somebody listens to the machine. If it was heard already, that is said again.
     *
     * @param resumed whether the machine lived before this call
     * @param expel ends a machine that misspoke
     * @return false when there are too many conversations already
     */
    boolean keep(Machine machine, boolean resumed, Hypervisor hypervisor, BiConsumer<String, MachineId> expel) {
        Hello before = known.get(machine.id());
        if (running.size() >= most && !running.containsKey(machine.id())) {
            return false;
        }
        Conversation.Begin begin = before != null
                ? Conversation.Begin.HEARD
                : resumed ? Conversation.Begin.RESUMED : Conversation.Begin.FRESH;
        running.computeIfAbsent(machine.id(), id -> begin(machine, begin, hypervisor, expel));
        return before == null || tell(machine.id(), before);
    }

    private Conversation begin(
            Machine machine, Conversation.Begin begin, Hypervisor hypervisor, BiConsumer<String, MachineId> expel) {
        Conversation conversation =
                new Conversation(machine, begin, hypervisor, words, listener(expel), promptAfter, clock);
        Thread.ofVirtual().name("boot-" + machine.id()).start(() -> {
            try {
                conversation.run();
            } finally {
                running.remove(machine.id(), conversation);
            }
        });
        return conversation;
    }

    /** Stops listening and forgets the key: the machine is ended, or a new one of that name begins. */
    void forget(MachineId id) {
        known.remove(id);
        Optional.ofNullable(running.remove(id)).ifPresent(Conversation::end);
    }

    private Conversation.Listener listener(BiConsumer<String, MachineId> expel) {
        return new Conversation.Listener() {
            @Override
            public boolean heard(Machine machine, Hello hello) {
                Hello first = known.putIfAbsent(machine.id(), hello);
                if (first != null && !sameKeys(first, hello)) {
                    misspoke(machine, "a second hello with another key");
                    return true;
                }
                return tell(machine.id(), hello);
            }

            @Override
            public void misspoke(Machine machine, String what) {
                LOG.warn("{} is ended: {}", machine.id(), what);
                expel.accept(machine.host(), machine.id());
                try {
                    events.alarm(new MachineAlarm(machine.id(), what));
                } catch (RuntimeException e) {
                    LOG.error("the alarm of {} reached nobody: {}", machine.id(), what, e);
                }
            }
        };
    }

    private static boolean sameKeys(Hello one, Hello other) {
        return one.tlsSpki().equals(other.tlsSpki()) && Objects.equals(one.sshHostKey(), other.sshHostKey());
    }

    private boolean tell(MachineId id, Hello hello) {
        try {
            events.heard(new MachineHeard(id, hello.tlsSpki(), hello.sshHostKey(), hello.image()));
            return true;
        } catch (RuntimeException e) {
            LOG.error("the hello of {} reached nobody; it will be asked again", id, e);
            return false;
        }
    }

    @Override
    public void close() {
        running.values().forEach(Conversation::end);
    }
}
