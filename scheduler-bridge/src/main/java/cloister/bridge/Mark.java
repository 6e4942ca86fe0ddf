package cloister.bridge;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What names a placeholder: it is the job's comment, so that a restarted backend reads its placeholders from the world.
 *
 * @param project number of the project, from 1
 * @param lease number of the lease within the project, from 1
 * @param attempt which submission for this lease, from 1
 */
public record Mark(int project, int lease, int attempt) {
    private static final Pattern COMMENT =
            Pattern.compile("cloister:1:([1-9][0-9]{0,9}):([1-9][0-9]{0,9}):([1-9][0-9]{0,9})");

    /** Refuses numbers below 1. */
    public Mark {
        if (project < 1 || lease < 1 || attempt < 1) {
            throw new IllegalArgumentException(
                    "numbers of a mark start at 1: " + project + ", " + lease + ", " + attempt);
        }
    }

    /** The comment: {@code cloister:1:<project>:<lease>:<attempt>}. */
    public String comment() {
        return "cloister:1:" + project + ":" + lease + ":" + attempt;
    }

    /** Reads exactly what {@link #comment()} writes; anything else is empty. */
    public static Optional<Mark> parse(String comment) {
        Matcher matcher = COMMENT.matcher(comment);
        if (!matcher.matches()) return Optional.empty();
        long[] numbers = new long[3];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Long.parseLong(matcher.group(i + 1));
            if (numbers[i] > Integer.MAX_VALUE) return Optional.empty();
        }
        return Optional.of(new Mark((int) numbers[0], (int) numbers[1], (int) numbers[2]));
    }
}
