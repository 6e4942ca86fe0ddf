package cloister.bridge;

import java.time.Instant;
import java.util.List;

/**
 * What holds a placeholder's start until its workers are up. The first answer to a placeholder stands. Every method throws
 * {@link java.io.UncheckedIOException} when the folder cannot be read or written: the gate then refuses by itself, because
 * the heartbeat stops.
 */
public interface Gate {
    /** All placeholders that stand at the gate, answered or not; at most 4,096, the rest in a later call. */
    List<Asked> asked();

    /** Lets it start. */
    void go(Asked asked);

    /** Sends it back. Slurm may hold it rather than end it, so cancel it too. */
    void refuse(Asked asked, GateRefusal code);

    /**
     * Says that the backend lives; wanted every 5 seconds, and after 30 seconds of silence every placeholder is refused. Also
     * removes answers that are an hour old and that nobody asks for any more.
     */
    void beat(Instant now);

    /** Removes the answer once the placeholder is over. */
    void forget(Asked asked);
}
