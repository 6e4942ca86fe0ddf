package cloister.guest;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** The guest's clock. */
public final class GuestClock {
    /** A smaller difference is the channel's own delay. */
    private static final Duration TOLERANCE = Duration.ofMillis(200);

    private final Commands commands;

    public GuestClock(Commands commands) {
        this.commands = commands;
    }

    /** Sets the clock where it differs by more than 0.2 s. */
    public void set(Instant now) throws IOException, InterruptedException {
        if (Duration.between(Instant.now(), now).abs().compareTo(TOLERANCE) > 0) {
            String seconds = String.format(Locale.ROOT, "@%d.%03d", now.getEpochSecond(), now.getNano() / 1_000_000);
            commands.checked(Command.of("date", "-u", "-s", seconds));
        }
    }
}
