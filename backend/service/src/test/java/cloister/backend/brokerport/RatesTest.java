package cloister.backend.brokerport;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.Verb;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RatesTest {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final Rates rates = new Rates(() -> now);

    private int admitted(int project, int tries) {
        int admitted = 0;
        for (int i = 0; i < tries; i++) {
            admitted += rates.admits(project, Verb.PUT_TERM) ? 1 : 0;
        }
        return admitted;
    }

    @Test
    void a_burst_is_admitted_and_then_only_what_the_hour_allows() {
        assertThat(admitted(1, 1000)).isEqualTo(Verb.PUT_TERM.burst());
        now = now.plus(Duration.ofMinutes(5));
        assertThat(admitted(1, 1000)).isEqualTo(Verb.PUT_TERM.perHour() / 12);
        now = now.plus(Duration.ofDays(2));
        assertThat(admitted(1, 1000))
                .as("a pause saves up no more than a burst")
                .isEqualTo(Verb.PUT_TERM.burst());
    }

    @Test
    void projects_and_verbs_have_rates_of_their_own() {
        assertThat(admitted(1, 1000)).isEqualTo(Verb.PUT_TERM.burst());
        assertThat(admitted(2, 1000)).isEqualTo(Verb.PUT_TERM.burst());
        assertThat(rates.admits(1, Verb.PUT_LEASE)).isTrue();
    }

    @Test
    void a_clock_that_goes_back_gives_nothing() {
        assertThat(admitted(1, 1000)).isEqualTo(Verb.PUT_TERM.burst());
        now = now.minus(Duration.ofHours(1));
        assertThat(admitted(1, 10)).isZero();
    }
}
