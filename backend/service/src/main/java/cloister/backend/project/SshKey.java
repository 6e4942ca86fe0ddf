package cloister.backend.project;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/**
 * A member's SSH public key, taken apart and put together anew: nothing that a person typed is kept but the key (RFC 4253
 * section 6.6, RFC 5656, RFC 8709). Accepted are ed25519, ECDSA on the NIST curves, and RSA of 3072 to 16384 bits.
 */
public final class SshKey {
    private static final int LONGEST_LINE = 8192;
    private static final int LEAST_RSA_BITS = 3072;
    private static final int MOST_RSA_BITS = 16384;
    private static final int LARGEST_EXPONENT_BITS = 64;
    private static final String ED25519 = "ssh-ed25519";
    private static final String RSA = "ssh-rsa";
    private static final String ECDSA = "ecdsa-sha2-";
    private static final int ED25519_BYTES = 32;
    private static final byte UNCOMPRESSED = 4;

    /** Bytes of one coordinate by curve. */
    private static final Map<String, Integer> CURVES = Map.of("nistp256", 32, "nistp384", 48, "nistp521", 66);

    private final String line;

    private SshKey(String line) {
        this.line = line;
    }

    /**
     * Reads one line of an {@code authorized_keys} file without options; a comment after the key is dropped.
     *
     * @throws IllegalArgumentException for anything else, with what to do
     */
    public static SshKey parse(String text) {
        if (text.length() > LONGEST_LINE) {
            throw refused("it is too long");
        }
        String[] parts = text.strip().split("[ \t]+", 3);
        if (parts.length < 2) {
            throw refused("it must be one line: type, blank, base64");
        }
        String type = parts[0];
        byte[] blob;
        try {
            blob = Base64.getDecoder().decode(parts[1]);
        } catch (IllegalArgumentException e) {
            throw refused("its second word is not base64");
        }
        if (!canonical(type, ByteBuffer.wrap(blob))) {
            throw refused("use ssh-ed25519, ecdsa-sha2-nistp256/384/521, or ssh-rsa with at least 3072 bits");
        }
        return new SshKey(type + " " + Base64.getEncoder().encodeToString(blob));
    }

    private static boolean canonical(String type, ByteBuffer blob) {
        try {
            if (!Arrays.equals(field(blob), type.getBytes(StandardCharsets.US_ASCII))) {
                return false;
            }
            boolean good;
            if (type.equals(ED25519)) {
                good = field(blob).length == ED25519_BYTES;
            } else if (type.equals(RSA)) {
                good = positive(field(blob)) <= LARGEST_EXPONENT_BITS && rsaModulus(positive(field(blob)));
            } else {
                good = type.startsWith(ECDSA) && point(type.substring(ECDSA.length()), blob);
            }
            return good && !blob.hasRemaining();
        } catch (BufferUnderflowException e) {
            return false;
        }
    }

    private static boolean rsaModulus(int bits) {
        return bits >= LEAST_RSA_BITS && bits <= MOST_RSA_BITS;
    }

    private static boolean point(String curve, ByteBuffer blob) {
        Integer coordinate = CURVES.get(curve);
        if (coordinate == null || !Arrays.equals(field(blob), curve.getBytes(StandardCharsets.US_ASCII))) {
            return false;
        }
        byte[] point = field(blob);
        return point.length == 1 + 2 * coordinate && point[0] == UNCOMPRESSED;
    }

    private static byte[] field(ByteBuffer blob) {
        int length = blob.getInt();
        if (length < 0 || length > blob.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        blob.get(bytes);
        return bytes;
    }

    /** Bits of a positive number in its shortest encoding; far too many for any other. */
    private static int positive(byte[] mpint) {
        if (mpint.length == 0) {
            return Integer.MAX_VALUE;
        }
        BigInteger number = new BigInteger(mpint);
        return number.signum() > 0 && Arrays.equals(number.toByteArray(), mpint)
                ? number.bitLength()
                : Integer.MAX_VALUE;
    }

    private static IllegalArgumentException refused(String why) {
        return new IllegalArgumentException("not an SSH public key that is accepted here: " + why);
    }

    /** {@code type base64}, without a comment. */
    public String line() {
        return line;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SshKey that && that.line.equals(line);
    }

    @Override
    public int hashCode() {
        return line.hashCode();
    }

    @Override
    public String toString() {
        return line;
    }
}
