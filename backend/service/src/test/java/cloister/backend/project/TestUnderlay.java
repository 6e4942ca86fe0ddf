package cloister.backend.project;

import java.time.Duration;

/** The underlay of the demonstration, for tests of other rooms. */
public final class TestUnderlay {
    private TestUnderlay() {}

    /** With addresses in 10.77. */
    public static Underlay create() {
        return new Underlay(new ProjectConfig("10.77", Duration.ofSeconds(90), Duration.ofSeconds(5)));
    }
}
