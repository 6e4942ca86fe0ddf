package cloister.bridge;

import java.util.regex.Pattern;

/**
 * GPUs to ask for.
 *
 * @param type as gres.conf names it; empty for any
 * @param count from 1 to 64
 */
public record Gpus(String type, int count) {
    private static final Pattern TYPE = Pattern.compile("[A-Za-z0-9_]{0,64}");
    private static final int MOST = 64;

    /** Refuses what Slurm could read in another way. */
    public Gpus {
        if (!TYPE.matcher(type).matches()) throw new IllegalArgumentException("not a type of GPU: " + type);
        if (count < 1 || count > MOST) throw new IllegalArgumentException("gpus must be 1 to " + MOST + ": " + count);
    }

    /** In the words of a submission. */
    public String tres() {
        return "gres/gpu" + (type.isEmpty() ? "" : ":" + type) + "=" + count;
    }
}
