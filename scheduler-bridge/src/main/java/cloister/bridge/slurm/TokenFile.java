package cloister.bridge.slurm;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The file in which the site's administrator renews our token, read anew for every request. What it holds never gets into a
 * message.
 */
final class TokenFile {
    private static final System.Logger LOG = System.getLogger(TokenFile.class.getName());
    private static final int MOST_BYTES = 8_192;

    private final Path file;
    private final String user;
    private final InstantSource clock;
    private final AtomicReference<Instant> warned = new AtomicReference<>(Instant.MIN);

    TokenFile(Path file, String user, InstantSource clock) {
        this.file = file;
        this.user = user;
        this.clock = clock;
    }

    /**
     * Reads the token as it is now, and warns once for each token that should have been renewed.
     *
     * @throws IOException if there is none, or one that we must not use; the message says what to do
     */
    Token read() throws IOException {
        Token token = parse();
        Optional<String> objection = token.objection(user);
        if (objection.isPresent()) throw new IOException(file + " " + objection.get());
        token.overdue().filter(due -> due.isBefore(clock.instant())).ifPresent(due -> warn(token));
        return token;
    }

    private Token parse() throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        }
        if (bytes.length > MOST_BYTES) throw new IOException("the token file is too long, renew it: " + file);
        try {
            return Token.parse(new String(bytes, StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // Without its cause: the log shows the deepest, which does not say what to do.
            throw new IOException("the token file holds " + e.getMessage() + ", renew it: " + file);
        }
    }

    /**
     * Refuses a token that we must not use; a file that is not there, or holds no token yet, is no reason not to start.
     *
     * @throws IllegalStateException if the token is root's, Slurm's own or another user's
     */
    void check() {
        Token token;
        try {
            token = parse();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "no token for Slurm yet: {0}", e.getMessage());
            return;
        }
        Optional<String> objection = token.objection(user);
        if (objection.isPresent()) throw new IllegalStateException(file + " " + objection.get());
    }

    /** When the token of now ends; empty if there is none to read or it never ends. */
    Optional<Instant> expires() {
        try {
            return parse().expires();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "no token for Slurm: {0}", e.getMessage());
            return Optional.empty();
        }
    }

    private void warn(Token token) {
        Instant ends = token.expires().orElse(Instant.MAX);
        if (ends.equals(warned.getAndSet(ends))) return;
        LOG.log(Level.WARNING, "the token in {0} ends at {1} and has not been renewed", file, ends);
    }
}
