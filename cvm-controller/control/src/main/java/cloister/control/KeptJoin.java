package cloister.control;

import java.io.IOException;

/** A join as bytes, for a worker's controller to find after its own restart. They hold the cluster's key: for a private file. */
public final class KeptJoin {
    private KeptJoin() {}

    public static byte[] write(Join join) {
        return new Messages().bytes(new Request.Admit(join));
    }

    /** Reads what {@link #write} wrote, as strictly as a message. */
    public static Join read(byte[] kept) throws IOException {
        try {
            if (kept.length <= Frames.longest() && new Messages().request(kept) instanceof Request.Admit(Join join)) {
                return join;
            }
        } catch (Malformed e) {
            throw new IOException("what was kept is no join", e);
        }
        throw new IOException("what was kept is no join");
    }
}
