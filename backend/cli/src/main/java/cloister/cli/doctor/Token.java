package cloister.cli.doctor;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a token of Slurm says of itself (RFC 7519); the token itself is not kept.
 *
 * @param user whose it is ({@code sun})
 * @param issued when it was made
 * @param expires when it ends
 */
record Token(String user, Instant issued, Instant expires) {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String PREFIX = "SLURM_JWT=";

    /** Reads it as {@code scontrol token} prints it, or without the {@code SLURM_JWT=}; no message shows any of it. */
    static Known<Token> parse(String text) {
        String stripped = text.strip();
        String token = stripped.startsWith(PREFIX) ? stripped.substring(PREFIX.length()) : stripped;
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3) {
            return Known.unseen("the token file holds no token");
        }
        try {
            String payload = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
            JsonNode said = MAPPER.readTree(payload);
            long issued = said.path("iat").asLong(0);
            long expires = said.path("exp").asLong(0);
            String user = said.path("sun").asString("");
            return issued <= 0 || expires <= issued || user.isEmpty()
                    ? Known.unseen("the token in the token file does not say whose it is and how long")
                    : Known.seen(new Token(user, Instant.ofEpochSecond(issued), Instant.ofEpochSecond(expires)));
        } catch (IllegalArgumentException | JacksonException e) {
            return Known.unseen("the token file holds no token that can be read");
        }
    }

    Duration life() {
        return Duration.between(issued, expires);
    }
}
