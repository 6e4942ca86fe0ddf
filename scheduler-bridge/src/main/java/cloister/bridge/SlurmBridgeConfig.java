package cloister.bridge;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where the site's Slurm is.
 *
 * @param url slurmrestd: https, or http on this machine, since the token travels in a header
 * @param user Unix user whose placeholders they are; never root or Slurm's own
 * @param tokenFile file with that user's token, read anew for every request, so that it can be renewed at any time
 * @param partition partition to which placeholders go
 * @param gate folder with {@code asked} and {@code answers}, shared with slurmctld
 * @param timeout how long one request may take, 1 second to 5 minutes; slurmrestd itself needs 9 s to say that slurmctld is
 *     down
 */
public record SlurmBridgeConfig(URI url, String user, Path tokenFile, String partition, Path gate, Duration timeout) {
    private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");
    private static final Pattern PARTITION = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
    private static final Set<String> THIS_MACHINE = Set.of("127.0.0.1", "localhost", "[::1]");
    private static final Set<String> ALMIGHTY = Set.of("root", "slurm");
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    /** Refuses what could not work or would show the token. */
    public SlurmBridgeConfig {
        String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        String host = String.valueOf(url.getHost());
        boolean safe = scheme.equals("https") || (scheme.equals("http") && THIS_MACHINE.contains(host));
        if (!safe) throw new IllegalArgumentException("slurm url must be https, or http on this machine: " + url);
        boolean bare = url.getRawPath().isEmpty() || url.getRawPath().equals("/");
        if (!bare || url.getRawQuery() != null || url.getRawUserInfo() != null) {
            throw new IllegalArgumentException("slurm url must be scheme, host and port only");
        }
        if (!USER.matcher(user).matches()) throw new IllegalArgumentException("not a user: " + user);
        if (ALMIGHTY.contains(user)) {
            throw new IllegalArgumentException(
                    "slurm user must be one of its own for placeholders, not one who may do anything: " + user);
        }
        if (!PARTITION.matcher(partition).matches()) {
            throw new IllegalArgumentException("not a partition: " + partition);
        }
        if (!tokenFile.isAbsolute() || !gate.isAbsolute()) {
            throw new IllegalArgumentException("token file and gate folder must be absolute paths");
        }
        if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("timeout must be from " + SHORTEST + " to " + LONGEST);
        }
    }
}
