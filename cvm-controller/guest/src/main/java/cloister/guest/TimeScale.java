package cloister.guest;

import java.time.Duration;
import java.util.Map;

/**
 * The one factor by which every operational time limit is stretched: 1 on hardware virtualisation, 4 where processors are
 * emulated.
 *
 * @param factor 1 to 10
 */
public record TimeScale(int factor) {
    private static final String VARIABLE = "CLOISTER_TIME_SCALE";

    /** Refuses a factor out of bounds. */
    public TimeScale {
        if (factor < 1 || factor > 10) {
            throw new IllegalArgumentException(VARIABLE + " must be between 1 and 10");
        }
    }

    /** From {@code CLOISTER_TIME_SCALE}; 1 where it isn't set. Throws {@link IllegalArgumentException} for no number. */
    public static TimeScale of(Map<String, String> environment) {
        return new TimeScale(Integer.parseInt(environment.getOrDefault(VARIABLE, "1")));
    }

    public Duration stretch(Duration limit) {
        return limit.multipliedBy(factor);
    }
}
