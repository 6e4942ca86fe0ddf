package cloister.backend.machine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** A public host key of sshd, kind ssh-ed25519 (RFC 8709): parsed and encoded anew, so that no other text gets through. */
final class SshHostKey {
    private static final String KIND = "ssh-ed25519";
    private static final int KEY_BYTES = 32;
    private static final int BLOB_BYTES = 4 + KIND.length() + 4 + KEY_BYTES;
    private static final int BASE64_CHARACTERS = (BLOB_BYTES + 2) / 3 * 4;

    private SshHostKey() {}

    /**
     * Reads {@code ssh-ed25519 BASE64}.
     *
     * @return the same key in its one form
     * @throws IllegalArgumentException for anything else; the message doesn't repeat the text
     */
    static String canonical(String text) {
        if (text.length() != KIND.length() + 1 + BASE64_CHARACTERS || !text.startsWith(KIND + " ")) {
            throw new IllegalArgumentException("not an ssh-ed25519 key");
        }
        ByteBuffer blob = ByteBuffer.wrap(Base64.getDecoder().decode(text.substring(KIND.length() + 1)));
        byte[] kind = field(blob, KIND.length());
        byte[] key = field(blob, KEY_BYTES);
        if (blob.hasRemaining() || !Arrays.equals(kind, KIND.getBytes(StandardCharsets.US_ASCII))) {
            throw new IllegalArgumentException("not an ssh-ed25519 key");
        }
        return KIND + " "
                + Base64.getEncoder()
                        .encodeToString(ByteBuffer.allocate(BLOB_BYTES)
                                .putInt(kind.length)
                                .put(kind)
                                .putInt(key.length)
                                .put(key)
                                .array());
    }

    private static byte[] field(ByteBuffer blob, int length) {
        if (blob.remaining() < 4 + length || blob.getInt() != length) {
            throw new IllegalArgumentException("not an ssh-ed25519 key");
        }
        byte[] field = new byte[length];
        blob.get(field);
        return field;
    }
}
