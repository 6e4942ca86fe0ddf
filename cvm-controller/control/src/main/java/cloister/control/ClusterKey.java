package cloister.control;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** The key by which the daemons of one local Slurm know each other ({@code auth/slurm}). It prints nothing of itself. */
public final class ClusterKey {
    private static final int SHORTEST = 32;
    private static final int LONGEST = 2048;

    private final byte[] bytes;

    private ClusterKey(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Throws {@link IllegalArgumentException} where it is shorter than 32 or longer than 2048 bytes. */
    public static ClusterKey of(byte[] bytes) {
        Bounds.within("slurmKey", bytes.length, SHORTEST, LONGEST);
        return new ClusterKey(bytes.clone());
    }

    @JsonCreator
    static ClusterKey parse(String base64) {
        try {
            return of(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException e) {
            // The cause is left behind: a decoder's message could quote the secret.
            throw new IllegalArgumentException("slurmKey must be base64 of " + SHORTEST + " to " + LONGEST + " bytes");
        }
    }

    @JsonValue
    String base64() {
        return Base64.getEncoder().encodeToString(bytes);
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ClusterKey key && MessageDigest.isEqual(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "ClusterKey[secret]";
    }
}
