package cloister.bridge.slurm;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestClientResponseException;

/**
 * slurmrestd in the newest version of its API that both sides know. Which one that is, is asked at the first request and
 * again whenever nobody answered: a slurmrestd that comes back may be another one. Some requests are made at once, and the
 * others wait for their turn.
 */
final class Endpoint {
    private static final System.Logger LOG = System.getLogger(Endpoint.class.getName());
    private static final Pattern SERVED = Pattern.compile("/slurm/v0\\.0\\.(\\d{1,4})/.*");
    private static final String KNOWN =
            "Cloister speaks " + V0045.VERSION + " (Slurm 26.05) and " + V0042.VERSION + " (Slurm 24.11 and later)";
    private static final int OLDEST = 42;
    private static final int NEWEST = 45;

    /** Fewer than slurmrestd's 20 threads: with 64 at once some hung in Slurm for 4 s, with 24 none (24.11, measured). */
    static final int MOST_AT_ONCE = 16;

    private final Connection connection;
    private final List<Slurmrestd> newestFirst;
    private final Semaphore turns = new Semaphore(MOST_AT_ONCE, true);
    private volatile @Nullable Slurmrestd chosen;
    private volatile @Nullable String said;

    Endpoint(Connection connection) {
        this.connection = connection;
        this.newestFirst = List.of(new V0045(connection), new V0042(connection));
    }

    /** Makes one request in the version that is served, after finding out which that is. */
    <T extends Said.Answer> Reply<T> ask(Function<Slurmrestd, @Nullable T> request) {
        if (!turn()) return new Reply.Silent<>("slurmrestd is slow: " + MOST_AT_ONCE + " requests are before this one");
        try {
            return askNow(request);
        } finally {
            turns.release();
        }
    }

    private boolean turn() {
        try {
            return turns.tryAcquire(connection.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private <T extends Said.Answer> Reply<T> askNow(Function<Slurmrestd, @Nullable T> request) {
        return switch (current()) {
            case Reply.Good<Slurmrestd>(Slurmrestd api) -> {
                Reply<T> reply = Reply.of(() -> request.apply(api));
                if (reply instanceof Reply.Elsewhere<T>) chosen = null;
                yield reply;
            }
            case Reply.Failed<Slurmrestd>(long number, String text) -> new Reply.Failed<>(number, text);
            case Reply.Silent<Slurmrestd>(String why) -> new Reply.Silent<>(why);
            case Reply.Elsewhere<Slurmrestd>(String why) -> new Reply.Elsewhere<>(why);
        };
    }

    private Reply<Slurmrestd> current() {
        Slurmrestd now = chosen;
        return now == null ? negotiate() : new Reply.Good<>(now);
    }

    private synchronized Reply<Slurmrestd> negotiate() {
        Slurmrestd meanwhile = chosen;
        if (meanwhile != null) return new Reply.Good<>(meanwhile);
        for (Slurmrestd api : newestFirst) {
            try {
                api.ping();
            } catch (RestClientException e) {
                Reply<Slurmrestd> reply = Reply.of(e);
                if (notServed(e)) continue;
                return reply;
            }
            sayOnce("slurmrestd serves " + api.version());
            chosen = api;
            return new Reply.Good<>(api);
        }
        return mismatch();
    }

    private static boolean notServed(RestClientException thrown) {
        return thrown instanceof RestClientResponseException e
                && e.getStatusCode().value() == 404;
    }

    private synchronized void sayOnce(String words) {
        if (words.equals(said)) return;
        said = words;
        LOG.log(Level.INFO, words);
    }

    private Reply<Slurmrestd> mismatch() {
        try {
            Said.Description description = connection
                    .client()
                    .get()
                    .uri(connection.base() + "/openapi/v3")
                    .retrieve()
                    .body(Said.Description.class);
            SortedSet<Integer> served = new TreeSet<>();
            if (description != null && description.paths() != null) {
                for (String path : description.paths().keySet()) {
                    Matcher matcher = SERVED.matcher(path);
                    if (matcher.matches()) served.add(Integer.valueOf(matcher.group(1)));
                }
            }
            return new Reply.Silent<>(advice(served));
        } catch (RestClientException e) {
            return Reply.of(e);
        }
    }

    /** What a person must do about a slurmrestd that serves none of our versions. */
    static String advice(SortedSet<Integer> served) {
        if (served.isEmpty()) {
            return "slurmrestd serves nothing of slurmctld: start it with -s slurmctld,slurmdbd. " + KNOWN;
        }
        String only = "slurmrestd serves v0.0."
                + String.join(", v0.0.", served.stream().map(String::valueOf).toList()) + " only";
        if (served.last() < OLDEST) return only + ": this Slurm is too old, upgrade it. " + KNOWN;
        if (served.first() > NEWEST) return only + ": this Slurm is too new, upgrade Cloister. " + KNOWN;
        return only + ": start it with -d " + V0045.VERSION + " or without -d. " + KNOWN;
    }
}
