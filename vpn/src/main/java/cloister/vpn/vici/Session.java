package cloister.vpn.vici;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * One conversation with charon: one command at a time, others wait their turn. The protocol has no sequence numbers, so a
 * conversation in which an answer is missing is closed: the late answer would be taken for that of the next command.
 */
public final class Session implements AutoCloseable {
    /** Events that nobody has fetched. Two are registered by a watcher, which does nothing but fetch. */
    private static final int MOST_WAITING_EVENTS = 1024;
    /** A stream has one event per SA, connection or certificate; a project has at most a few hundred of each. */
    private static final int MOST_STREAMED_EVENTS = 20_000;

    private final Transport transport;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final Queue<Packet.Event> waiting = new ArrayDeque<>();
    private volatile boolean closed;

    Session(Transport transport) {
        this.transport = transport;
    }

    /** Connects to charon's control socket, usually {@code /run/charon.vici}. */
    public static Session open(Path socket, Duration limit) throws CharonLost {
        return new Session(UnixTransport.connect(socket, Deadline.in(limit)));
    }

    /**
     * Sends a command and returns the answer, which may say {@code success=no}.
     *
     * @param limit for the wait for a turn and for the answer together
     * @throws CharonRefused when this charon has no such command
     */
    public Message ask(String command, Message message, Duration limit) throws CharonLost, CharonRefused {
        return inTurn(limit, deadline -> {
            send(new Packet.CommandRequest(command, message), deadline);
            return response(command, deadline, this::keep);
        });
    }

    /** As {@link #ask}, but {@code success=no} is a refusal with charon's own reason. */
    public Message command(String command, Message message, Duration limit) throws CharonLost, CharonRefused {
        Message answer = ask(command, message, limit);
        if (!answer.text("success").orElse("no").equals("yes")) {
            throw new CharonRefused(command, answer.text("errmsg").orElse("no reason given"));
        }
        return answer;
    }

    /** Runs a command that answers by a stream of events, for instance {@code list-sas} by {@code list-sa}. */
    public void stream(String command, String event, Message message, Duration limit, Consumer<Message> each)
            throws CharonLost, CharonRefused {
        inTurn(limit, deadline -> {
            confirm(new Packet.EventRegister(event), event, deadline);
            send(new Packet.CommandRequest(command, message), deadline);
            int[] seen = {0};
            Message end = response(command, deadline, got -> {
                if (!got.name().equals(event)) {
                    keep(got);
                } else if (++seen[0] > MOST_STREAMED_EVENTS) {
                    throw new CharonLost("more than " + MOST_STREAMED_EVENTS + " events in one answer");
                } else {
                    each.accept(got.message());
                }
            });
            confirm(new Packet.EventUnregister(event), event, deadline);
            return end;
        });
    }

    /** From now on {@link #nextEvent} returns events of this name. */
    public void register(String event, Duration limit) throws CharonLost, CharonRefused {
        inTurn(limit, deadline -> {
            confirm(new Packet.EventRegister(event), event, deadline);
            return Message.empty();
        });
    }

    /** Waits for the next event of a name that was registered. Empty when none came in time, which is no fault. */
    public Optional<Packet.Event> nextEvent(Duration limit) throws CharonLost {
        try {
            return inTurn(limit, deadline -> {
                Packet.Event kept = waiting.poll();
                if (kept != null) {
                    return Optional.of(kept);
                }
                Optional<Packet> packet = receive(deadline);
                if (packet.isEmpty()) {
                    return Optional.empty();
                }
                if (packet.get() instanceof Packet.Event event) {
                    return Optional.of(event);
                }
                throw new CharonLost("an answer to a question that nobody asked");
            });
        } catch (CharonRefused e) {
            throw new IllegalStateException("nothing was asked, so nothing can be refused", e);
        }
    }

    /** Ends the conversation, and the wait of whoever is in it. */
    @Override
    public void close() {
        closed = true;
        transport.close();
    }

    private interface Turn<T> {
        T take(Deadline deadline) throws CharonLost, CharonRefused;
    }

    private interface Sink {
        void accept(Packet.Event event) throws CharonLost;
    }

    private <T> T inTurn(Duration limit, Turn<T> body) throws CharonLost, CharonRefused {
        Deadline deadline = Deadline.in(limit);
        takeTurn(deadline);
        boolean whole = false;
        try {
            if (closed) {
                throw new CharonLost("the conversation with charon is over");
            }
            T result = body.take(deadline);
            whole = true;
            return result;
        } catch (CharonRefused e) {
            whole = true;
            throw e;
        } finally {
            if (!whole) {
                close();
            }
            turn.unlock();
        }
    }

    private void takeTurn(Deadline deadline) throws CharonLost {
        try {
            if (!turn.tryLock(deadline.leftNanos(), TimeUnit.NANOSECONDS)) {
                throw new CharonLost("another command did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CharonLost("the wait for charon was interrupted", e);
        }
    }

    private void send(Packet packet, Deadline deadline) throws CharonLost {
        transport.send(packet.encode(), deadline);
    }

    private Optional<Packet> receive(Deadline deadline) throws CharonLost {
        Optional<ByteBuffer> frame = transport.receive(deadline);
        return frame.isPresent() ? Optional.of(Packet.decode(frame.get())) : Optional.empty();
    }

    private Packet answer(Deadline deadline, Sink events) throws CharonLost {
        while (true) {
            Packet packet = receive(deadline).orElseThrow(() -> new CharonLost("charon did not answer in time"));
            if (!(packet instanceof Packet.Event event)) {
                return packet;
            }
            events.accept(event);
        }
    }

    private Message response(String command, Deadline deadline, Sink events) throws CharonLost, CharonRefused {
        return switch (answer(deadline, events)) {
            case Packet.CommandResponse response -> response.message();
            case Packet.CommandUnknown() -> throw new CharonRefused(command, "it has no such command");
            default -> throw new CharonLost("not an answer to a command");
        };
    }

    private void confirm(Packet request, String event, Deadline deadline) throws CharonLost, CharonRefused {
        send(request, deadline);
        switch (answer(deadline, this::keep)) {
            case Packet.EventConfirm() -> {}
            case Packet.EventUnknown() -> throw new CharonRefused(event, "it has no such event");
            default -> throw new CharonLost("not an answer to a registration");
        }
    }

    private void keep(Packet.Event event) throws CharonLost {
        if (waiting.size() >= MOST_WAITING_EVENTS) {
            throw new CharonLost("more than " + MOST_WAITING_EVENTS + " events that nobody fetched");
        }
        waiting.add(event);
    }
}
