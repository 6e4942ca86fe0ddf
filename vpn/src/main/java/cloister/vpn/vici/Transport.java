package cloister.vpn.vici;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Moves frames. One thread sends and receives at a time; any thread may close, which ends the other's wait. */
interface Transport extends AutoCloseable {
    /** Sends the whole frame, its length in front. Overwrites it afterwards, since it can hold a private key. */
    void send(byte[] frame, Deadline deadline) throws CharonLost;

    /** The next whole frame without its length; empty when the deadline passed before its first byte came. */
    Optional<ByteBuffer> receive(Deadline deadline) throws CharonLost;

    @Override
    void close();
}
