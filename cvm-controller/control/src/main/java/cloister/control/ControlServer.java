package cloister.control;

import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.PinnedTls;
import cloister.vpn.identity.Spki;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLContext;

/**
 * A worker's side of port 22. Whoever has another key than the CVM's is cut in the handshake; a connection that says something
 * that is no message, or says it too slowly, is closed.
 */
public final class ControlServer implements AutoCloseable {
    private static final int BACKLOG = 8;
    /** A line in the log for each cut connection, but no more than this many in all: the console's log is finite. */
    private static final int MOST_COMPLAINTS = 200;

    private final ServerSocket listening;
    private final SSLContext context;
    private final Patience patience;
    private final Function<Request, Answer> worker;
    private final Consumer<String> log;
    private final Messages messages = new Messages();
    private final Semaphore free;
    private final Semaphore complaints = new Semaphore(MOST_COMPLAINTS);
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Object oneAtATime = new Object();

    private ControlServer(
            ServerSocket listening,
            SSLContext context,
            Patience patience,
            Function<Request, Answer> worker,
            Consumer<String> log) {
        this.listening = listening;
        this.context = context;
        this.patience = patience;
        this.worker = worker;
        this.log = log;
        this.free = new Semaphore(patience.connections());
    }

    /**
     * Listens until it is closed.
     *
     * @param cvm the only key that a client may have
     * @param worker answers one request at a time, without waiting for anything
     * @param log takes a line for each connection that was cut
     */
    public static ControlServer listen(
            InetSocketAddress address,
            MachineKey own,
            Spki cvm,
            Patience patience,
            Function<Request, Answer> worker,
            Consumer<String> log)
            throws IOException {
        var listening = new ServerSocket();
        try {
            listening.setReuseAddress(true);
            listening.bind(address, BACKLOG);
        } catch (IOException e) {
            listening.close();
            throw e;
        }
        var server = new ControlServer(listening, PinnedTls.context(own, cvm::equals), patience, worker, log);
        Thread.ofPlatform().daemon().name("control-accept").start(server::accept);
        return server;
    }

    /** The port it listens on. */
    public int port() {
        return listening.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        open.forEach(Deadlines::close);
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket plain = listening.accept();
                if (free.tryAcquire()) {
                    open.add(plain);
                    Thread.ofPlatform().daemon().name("control-connection").start(() -> serve(plain));
                } else {
                    complain("too many connections: closed one more");
                    Deadlines.close(plain);
                }
            } catch (IOException e) {
                if (!listening.isClosed()) {
                    complain("could not accept a connection: " + e.getClass().getSimpleName());
                }
            }
        }
    }

    private void serve(Socket plain) {
        try (var connection = Connection.asServer(plain, context, patience.handshake())) {
            boolean more = true;
            while (more) {
                more = exchange(connection);
            }
        } catch (IOException | Malformed e) {
            complain("cut a connection: " + e.getMessage());
        } finally {
            Deadlines.close(plain);
            open.remove(plain);
            free.release();
        }
    }

    /** One request and its answer. */
    private boolean exchange(Connection connection) throws IOException, Malformed {
        Frames frames = connection.frames();
        Optional<Frames.Opening> opening;
        try (var _ = connection.limit(patience.idle())) {
            opening = frames.opening();
        }
        if (opening.isEmpty()) {
            return false;
        }
        byte[] frame;
        try (var _ = connection.limit(patience.frame())) {
            frame = frames.rest(opening.get());
        }
        try {
            send(connection, answer(messages.request(frame)));
        } catch (Malformed e) {
            send(connection, new Answer.Refused(RefusalCode.MALFORMED));
            throw e;
        }
        return true;
    }

    private Answer answer(Request request) {
        synchronized (oneAtATime) {
            return worker.apply(request);
        }
    }

    private void send(Connection connection, Answer answer) throws IOException {
        try (var _ = connection.limit(patience.frame())) {
            connection.frames().send(messages.bytes(answer));
        }
    }

    private void complain(String what) {
        if (complaints.tryAcquire()) {
            log.accept(what);
        }
    }
}
