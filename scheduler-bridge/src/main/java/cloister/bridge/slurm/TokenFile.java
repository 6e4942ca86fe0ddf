package cloister.bridge.slurm;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * The file in which the site's administrator renews our token, as {@code scontrol token} prints it or without the {@code
 * SLURM_JWT=}. What it holds never gets into a message.
 */
record TokenFile(Path file) {
    private static final int MOST_BYTES = 8_192;
    private static final String PREFIX = "SLURM_JWT=";
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

    /** Reads the token as it is now. */
    String read() throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        }
        String text = new String(bytes, StandardCharsets.US_ASCII).strip();
        String token = text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text;
        if (bytes.length > MOST_BYTES || !TOKEN.matcher(token).matches()) {
            throw new IOException("the token file holds no token, renew it: " + file);
        }
        return token;
    }
}
