package cloister.backend.brokerport;

import cloister.broker.Verb;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/** How often each project may use each verb: a bucket that holds {@link Verb#burst()} and fills at {@link Verb#perHour()}. */
@Component
final class Rates {
    private final InstantSource clock;
    private final Map<Integer, Map<Verb, Bucket>> projects = new ConcurrentHashMap<>();

    Rates(InstantSource clock) {
        this.clock = clock;
    }

    /** Takes one, or says no. */
    boolean admits(int project, Verb verb) {
        return projects.computeIfAbsent(project, _ -> buckets())
                .getOrDefault(verb, new Bucket(verb, clock.instant()))
                .take(clock.instant());
    }

    private Map<Verb, Bucket> buckets() {
        Map<Verb, Bucket> made = new EnumMap<>(Verb.class);
        for (Verb verb : Verb.values()) {
            made.put(verb, new Bucket(verb, clock.instant()));
        }
        return made;
    }

    private static final class Bucket {
        private final Verb verb;
        private double tokens;
        private Instant filled;

        Bucket(Verb verb, Instant now) {
            this.verb = verb;
            this.tokens = verb.burst();
            this.filled = now;
        }

        synchronized boolean take(Instant now) {
            double hours = Duration.between(filled, now).toMillis()
                    / (double) Duration.ofHours(1).toMillis();
            tokens = Math.min(verb.burst(), tokens + Math.max(0, hours) * verb.perHour());
            filled = now;
            if (tokens < 1) {
                return false;
            }
            tokens -= 1;
            return true;
        }
    }
}
