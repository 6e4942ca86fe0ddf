package cloister.backend.machine;

import cloister.broker.BootChannel;
import cloister.broker.Hello;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is said with one machine on its boot channel. It runs on a thread of its own until the machine is gone, is told to
 * end, or loses a channel on which it has heard the machine already.
 *
 * <p>The guest says {@code ready} and is answered with a boot line, whose nonce its hello repeats. A guest that a restarted
 * backend finds alive said {@code ready} to somebody else: after some silence it gets one boot line unasked.
 */
final class Conversation implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Conversation.class);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** How often a silent channel's connection is looked at. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    /** Least time between two boot lines, so that a guest that says ready all the time costs little. */
    private static final Duration SPACING = Duration.ofSeconds(1);

    /** Nonces that a hello may repeat: a guest may answer an older boot line late. */
    private static final int MOST_NONCES = 4;

    private final Machine machine;
    private final Hypervisor hypervisor;
    private final BootWords words;
    private final Listener listener;
    private final Duration promptAfter;
    private final InstantSource clock;
    private final Object door = new Object();
    private boolean resumed;
    private boolean over;
    private boolean heard;
    private @Nullable Inbox inbox;

    /** What is known of the machine when its conversation begins. */
    enum Begin {
        /** It was created just now: it will say that it is ready. */
        FRESH,
        /** It lived before: it may have said so to somebody else. */
        RESUMED,
        /** It was heard: it is only listened to, in case it says something else. */
        HEARD
    }

    /** Who learns what was said. */
    interface Listener {
        /**
         * A hello with the nonce of ours.
         *
         * @return false when it could not be passed on: then the guest is asked again
         */
        boolean heard(Machine machine, Hello hello);

        /** The guest did what no honest one does. */
        void misspoke(Machine machine, String what);
    }

    Conversation(
            Machine machine,
            Begin begin,
            Hypervisor hypervisor,
            BootWords words,
            Listener listener,
            Duration promptAfter,
            InstantSource clock) {
        this.machine = machine;
        this.resumed = begin != Begin.FRESH;
        this.heard = begin == Begin.HEARD;
        this.hypervisor = hypervisor;
        this.words = words;
        this.listener = listener;
        this.promptAfter = promptAfter;
        this.clock = clock;
    }

    /** Ends the conversation soon, from any thread. */
    void end() {
        synchronized (door) {
            over = true;
            door.notifyAll();
            if (inbox != null) {
                inbox.end();
            }
        }
    }

    @Override
    public void run() {
        Duration pause = FIRST_PAUSE;
        try {
            while (true) {
                Outcome outcome = once();
                if (outcome == Outcome.OVER || !rest(pause)) {
                    return;
                }
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
                resumed = true;
            }
        } catch (InterruptedException e) {
            // The backend stops; the next one resumes.
            Thread.currentThread().interrupt();
        }
    }

    private enum Outcome {
        AGAIN,
        OVER
    }

    private Outcome once() throws InterruptedException {
        Inbox fresh = new Inbox();
        synchronized (door) {
            if (over) {
                return Outcome.OVER;
            }
            inbox = fresh;
        }
        try {
            Optional<Hypervisor.BootPort> port =
                    hypervisor.openBootChannel(machine.id().domainName(), fresh);
            if (port.isEmpty()) {
                return Outcome.OVER;
            }
            try (Hypervisor.BootPort open = port.get()) {
                return new Exchange(fresh, open).run();
            }
        } catch (Unanswered | Rejected e) {
            LOG.debug("no boot channel of {} for now: {}", machine.id(), e.getMessage());
            return Outcome.AGAIN;
        }
    }

    /** Waits before the next try; false when the conversation is over. */
    private boolean rest(Duration pause) throws InterruptedException {
        long until = System.nanoTime() + pause.toNanos();
        synchronized (door) {
            long left = until - System.nanoTime();
            while (!over && left > 0) {
                door.wait(left / 1_000_000, (int) (left % 1_000_000));
                left = until - System.nanoTime();
            }
            return !over;
        }
    }

    /** One opening of the channel. */
    private final class Exchange {
        private final Inbox said;
        private final Hypervisor.BootPort port;
        private final Set<String> nonces = new LinkedHashSet<>();
        private final long opened = System.nanoTime();
        private boolean first = true;
        private boolean prompted;
        private boolean owing;
        private long lastLine = opened - SPACING.toNanos();

        Exchange(Inbox said, Hypervisor.BootPort port) {
            this.said = said;
            this.port = port;
        }

        Outcome run() throws InterruptedException, Unanswered {
            while (true) {
                answerIfDue();
                switch (said.next(patience())) {
                    case Inbox.Item.Line(String text) -> {
                        if (!line(text)) {
                            return Outcome.OVER;
                        }
                    }
                    case Inbox.Item.Misspoken(String how) -> {
                        listener.misspoke(machine, how);
                        return Outcome.OVER;
                    }
                    case Inbox.Item.Ended() -> {
                        return heard ? Outcome.OVER : Outcome.AGAIN;
                    }
                    case Inbox.Item.Silence() -> {
                        if (!port.alive()) {
                            return heard ? Outcome.OVER : Outcome.AGAIN;
                        }
                    }
                }
            }
        }

        /** Whether a boot line is to go out unasked after a while. */
        private boolean prompts() {
            return resumed && !heard && !prompted && nonces.isEmpty();
        }

        private Duration patience() {
            if (owing) {
                return Duration.ofNanos(Math.max(0, lastLine + SPACING.toNanos() - System.nanoTime()));
            }
            if (prompts()) {
                long left = opened + promptAfter.toNanos() - System.nanoTime();
                return Duration.ofNanos(Math.clamp(left, 0, LOOK.toNanos()));
            }
            return LOOK;
        }

        private void answerIfDue() throws Unanswered {
            long now = System.nanoTime();
            if (prompts() && now - opened >= promptAfter.toNanos()) {
                prompted = true;
                owing = true;
            }
            if (!owing || now - lastLine < SPACING.toNanos()) {
                return;
            }
            owing = false;
            lastLine = now;
            String nonce = words.nonce();
            if (nonces.size() == MOST_NONCES) {
                nonces.remove(nonces.iterator().next());
            }
            nonces.add(nonce);
            port.send(words.line(machine, nonce, clock.instant()));
        }

        /** False when the conversation is over. */
        private boolean line(String text) {
            boolean maybeCut = first && resumed;
            first = false;
            if (text.equals(BootChannel.ready())) {
                owing = true;
                return true;
            }
            Hello hello;
            try {
                hello = words.hello(machine.id(), text);
            } catch (IllegalArgumentException e) {
                if (maybeCut) {
                    LOG.debug("the first line of {} after taking its channel over is no whole one", machine.id());
                    return true;
                }
                listener.misspoke(machine, String.valueOf(e.getMessage()));
                return false;
            }
            if (!nonces.remove(hello.nonce())) {
                // An answer to an earlier conversation, most likely: it proves nothing, and the guest will say it
                // again.
                LOG.debug("a hello of {} with a nonce that is not of this conversation", machine.id());
                owing = nonces.isEmpty();
                return true;
            }
            if (listener.heard(machine, hello)) {
                heard = true;
            } else {
                owing = true;
            }
            return true;
        }
    }
}
