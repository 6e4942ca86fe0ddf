package cloister.bridge.slurm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A token of Slurm's (RFC 7519; slurm.schedmd.com/jwt.html), with what it says of itself. Who signed it is for Slurm to check;
 * we read it only to say in time that it ends, and to take none that could do more than we should.
 *
 * @param text as it goes to slurmrestd
 * @param user whose it is, where it says so
 * @param issued when it was made, where it says so
 * @param expires when Slurm stops taking it; empty if it never does
 */
record Token(String text, Optional<String> user, Optional<Instant> issued, Optional<Instant> expires) {
    /** Those who may do everything in a Slurm. */
    private static final Set<String> ALMIGHTY = Set.of("root", "slurm");

    private static final String PREFIX = "SLURM_JWT=";
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]+\\.([A-Za-z0-9_-]+)\\.[A-Za-z0-9_-]+");
    private static final int MOST_NESTING = 8;
    /** The year 9999: what lies after it is no date but a mistake. */
    private static final long LAST_SECOND = 253_402_300_799L;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MOST_NESTING)
                            .build())
                    .build())
            .build();

    /**
     * Reads what {@code scontrol token} prints, with or without the {@code SLURM_JWT=}.
     *
     * @throws IOException if it is not a token; the message shows nothing of it
     */
    static Token parse(String printed) throws IOException {
        String stripped = printed.strip();
        String text = stripped.startsWith(PREFIX) ? stripped.substring(PREFIX.length()) : stripped;
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) throw new IOException("no token");
        JsonNode claims = claims(matcher.group(1));
        JsonNode user = claims.path("sun");
        return new Token(
                text,
                user.isString() ? Optional.of(user.asString()) : Optional.empty(),
                time(claims.path("iat")),
                time(claims.path("exp")));
    }

    private static JsonNode claims(String part) throws IOException {
        try {
            JsonNode claims = JSON.readTree(new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8));
            if (claims.isObject()) return claims;
        } catch (JacksonException | IllegalArgumentException unreadable) {
            // The cause would show parts of the token.
            throw new IOException("a token whose claims cannot be read");
        }
        throw new IOException("a token without claims");
    }

    private static Optional<Instant> time(JsonNode claim) throws IOException {
        if (claim.isMissingNode()) return Optional.empty();
        if (!claim.isIntegralNumber() || !claim.canConvertToLong())
            throw new IOException("a token with a strange time");
        long seconds = claim.asLong();
        if (seconds < 0 || seconds > LAST_SECOND) throw new IOException("a token with a strange time");
        return Optional.of(Instant.ofEpochSecond(seconds));
    }

    /** What speaks against using it for a user; empty if nothing does. */
    Optional<String> objection(String wanted) {
        if (user.isEmpty() || user.get().equals(wanted)) return Optional.empty();
        String whose = user.get().matches("[A-Za-z0-9_.-]{1,64}") ? user.get() : "somebody else";
        if (ALMIGHTY.contains(whose)) {
            return Optional.of("is a token of " + whose + ", who may do anything in Slurm; make one of " + wanted
                    + " instead: scontrol token username=" + wanted);
        }
        return Optional.of("is a token of " + whose + ", not of " + wanted);
    }

    /** When most of its life is over and nobody has renewed it: renewing is due at the half. */
    Optional<Instant> overdue() {
        return issued.isPresent() && expires.isPresent() && issued.get().isBefore(expires.get())
                ? Optional.of(expires.get()
                        .minusMillis(
                                (expires.get().toEpochMilli() - issued.get().toEpochMilli()) / 4))
                : Optional.empty();
    }

    /** Shows nothing of the token. */
    @Override
    public String toString() {
        return "token";
    }
}
