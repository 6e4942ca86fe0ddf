package cloister.worker;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** Whether a TCP service can be connected to. */
@FunctionalInterface
interface Reach {
    int LIMIT_MS = 1000;

    boolean connects(String from, String to, int port) throws IOException;

    /** By trying it, for a second at most: without a tunnel the packets go nowhere. */
    static boolean tries(String from, String to, int port) throws IOException {
        try (var socket = new Socket()) {
            socket.bind(new InetSocketAddress(from, 0));
            try {
                socket.connect(new InetSocketAddress(to, port), LIMIT_MS);
                return true;
            } catch (IOException e) {
                // Not yet: no tunnel, or nobody there. The one who waits has the limit.
                return false;
            }
        }
    }
}
