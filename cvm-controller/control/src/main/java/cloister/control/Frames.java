package cloister.control;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/** Frames on a stream: a length as an unsigned 32-bit number, most significant byte first, and that many bytes. */
final class Frames {
    private static final int LONGEST = 64 * 1024;

    private final DataInputStream in;
    private final DataOutputStream out;

    Frames(InputStream in, OutputStream out) {
        this.in = new DataInputStream(in);
        this.out = new DataOutputStream(out);
    }

    static int longest() {
        return LONGEST;
    }

    /** Waits for the first byte of a frame. Nothing, where the peer ends the stream between two frames. */
    Optional<Opening> opening() throws IOException {
        int first = in.read();
        return first < 0 ? Optional.empty() : Optional.of(new Opening(first));
    }

    /**
     * A frame that has begun to arrive.
     *
     * @param first its first byte
     */
    record Opening(int first) {}

    /**
     * The rest of a frame.
     *
     * @throws IOException where its length is 0 or over the limit: found before any of it is kept
     */
    byte[] rest(Opening opening) throws IOException {
        long length = (long) opening.first() << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
        if (length < 1 || length > LONGEST) {
            throw new IOException("a frame must have between 1 and " + LONGEST + " bytes");
        }
        byte[] frame = in.readNBytes((int) length);
        if (frame.length < length) {
            throw new EOFException("the stream ended within a frame");
        }
        return frame;
    }

    void send(byte[] frame) throws IOException {
        if (frame.length < 1 || frame.length > LONGEST) {
            throw new IllegalStateException("a message of " + frame.length + " bytes fits into no frame");
        }
        byte[] whole = new byte[4 + frame.length];
        whole[0] = (byte) (frame.length >>> 24);
        whole[1] = (byte) (frame.length >>> 16);
        whole[2] = (byte) (frame.length >>> 8);
        whole[3] = (byte) frame.length;
        System.arraycopy(frame, 0, whole, 4, frame.length);
        out.write(whole);
        out.flush();
    }
}
