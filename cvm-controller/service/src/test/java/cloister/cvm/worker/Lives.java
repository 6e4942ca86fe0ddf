package cloister.cvm.worker;

import java.time.Duration;

/** Values for tests. */
public final class Lives {
    private Lives() {}

    /** Three tries to join; the first rest between them is three seconds. */
    public static Life usual() {
        return new Life(new Life.Patience(
                Duration.ofSeconds(3),
                Duration.ofSeconds(60),
                Duration.ofSeconds(45),
                Duration.ofSeconds(5),
                Duration.ofMinutes(3),
                3));
    }
}
