package cloister.cli.doctor;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the backend's configuration says of Slurm, from plain nested {@code name: value} lines. The backend itself refuses what
 * it can't read; here a file that is written otherwise is only not understood.
 */
record BackendFile(String user, String partition, String tokenFile, String gateFolder) {
    private static final Pattern LINE = Pattern.compile("^( *)([A-Za-z0-9_.-]+):(?: +(.*))?$");
    private static final Pattern COMMENT = Pattern.compile("(?:^|\\s+)#.*$");

    private record Level(int indent, String path) {}

    static Known<BackendFile> parse(String text) {
        Map<String, String> found = values(text);
        for (String needed : List.of("user", "partition", "token-file", "gate-folder")) {
            if (!found.containsKey("cloister.slurm." + needed)) {
                return Known.unseen("the backend's configuration has no plain cloister.slurm." + needed);
            }
        }
        return Known.seen(new BackendFile(
                found.getOrDefault("cloister.slurm.user", ""),
                found.getOrDefault("cloister.slurm.partition", ""),
                found.getOrDefault("cloister.slurm.token-file", ""),
                found.getOrDefault("cloister.slurm.gate-folder", "")));
    }

    private static Map<String, String> values(String text) {
        Map<String, String> found = new HashMap<>();
        Deque<Level> levels = new ArrayDeque<>();
        for (String line : text.lines().toList()) {
            Matcher match = LINE.matcher(line.stripTrailing());
            if (line.strip().startsWith("#") || !match.matches()) {
                continue;
            }
            int indent = match.group(1).length();
            while (!levels.isEmpty() && levels.getFirst().indent() >= indent) {
                levels.removeFirst();
            }
            String path = (levels.isEmpty() ? "" : levels.getFirst().path() + ".") + match.group(2);
            String value = COMMENT.matcher(Optional.ofNullable(match.group(3)).orElse(""))
                    .replaceFirst("")
                    .strip();
            if (value.isEmpty()) {
                levels.addFirst(new Level(indent, path));
            } else {
                found.put(path, plain(value));
            }
        }
        return found;
    }

    private static String plain(String value) {
        if (value.length() < 2) {
            return value;
        }
        char first = value.charAt(0);
        boolean quoted = (first == '"' || first == '\'') && value.charAt(value.length() - 1) == first;
        return quoted ? value.substring(1, value.length() - 1) : value;
    }
}
