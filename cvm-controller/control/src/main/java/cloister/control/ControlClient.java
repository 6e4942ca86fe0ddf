package cloister.control;

import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.PinnedTls;
import cloister.vpn.identity.Spki;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Base64;

/**
 * A CVM's connection to one of its workers. Every call waits no longer than the limit given at its opening. An {@link
 * IOException} says nothing about whether the worker did it: open another connection and ask for its status. After one this
 * connection is closed.
 */
public final class ControlClient implements AutoCloseable {
    private final Connection connection;
    private final Duration limit;
    private final Messages messages = new Messages();

    private ControlClient(Connection connection, Duration limit) {
        this.connection = connection;
        this.limit = limit;
    }

    /**
     * Connects to a worker.
     *
     * @param worker the only key that it may have
     * @param limit for connecting, for the handshake, and for each request
     * @throws IOException where there is no such worker. Whether the worker takes this client shows at the first request.
     */
    public static ControlClient open(InetSocketAddress address, MachineKey own, Spki worker, Duration limit)
            throws IOException {
        var plain = new Socket();
        try {
            plain.connect(address, Math.toIntExact(limit.toMillis()));
        } catch (IOException e) {
            Deadlines.close(plain);
            throw e;
        }
        return new ControlClient(Connection.asClient(plain, PinnedTls.context(own, worker::equals), limit), limit);
    }

    /** A certificate request (PKCS#10, DER) over the worker's key. The caller checks that it is the pinned one. */
    public synchronized byte[] csr() throws IOException, Rejected {
        Answer.Certified answer = ask(new Request.Csr(), Answer.Certified.class);
        try {
            return Base64.getDecoder().decode(answer.pkcs10());
        } catch (IllegalArgumentException e) {
            throw new IOException("the worker's certificate request is not base64", e);
        }
    }

    /** Begins the join, or goes on with it. {@link #status()} tells how far it is. */
    public synchronized void join(Join join) throws IOException, Rejected {
        ask(new Request.Admit(join), Answer.Accepted.class);
    }

    /** Moves the worker's end to another Unix second. */
    public synchronized void extend(long endsAt) throws IOException, Rejected {
        ask(new Request.Extend(endsAt), Answer.Accepted.class);
    }

    public synchronized Status status() throws IOException, Rejected {
        return ask(new Request.Status(), Answer.Stands.class).status();
    }

    public synchronized Usage usage() throws IOException, Rejected {
        return ask(new Request.Usage(), Answer.Used.class).usage();
    }

    /** Begins the worker's end: it stops slurmd, unmounts and powers off. */
    public synchronized void leave() throws IOException, Rejected {
        ask(new Request.Leave(), Answer.Accepted.class);
    }

    @Override
    public synchronized void close() {
        connection.close();
    }

    private <A extends Answer> A ask(Request request, Class<A> expected) throws IOException, Rejected {
        Answer answer;
        try (var _ = connection.limit(limit)) {
            Frames frames = connection.frames();
            frames.send(messages.bytes(request));
            Frames.Opening opening =
                    frames.opening().orElseThrow(() -> new IOException("the worker ended the connection"));
            answer = messages.answer(frames.rest(opening));
        } catch (Malformed e) {
            connection.close();
            throw new IOException("the worker's answer is no message", e);
        } catch (IOException e) {
            connection.close();
            throw e;
        }
        if (answer instanceof Answer.Refused refused) {
            throw new Rejected(refused.code());
        }
        if (!expected.isInstance(answer)) {
            connection.close();
            throw new IOException("the worker answered something else than was asked");
        }
        return expected.cast(answer);
    }
}
