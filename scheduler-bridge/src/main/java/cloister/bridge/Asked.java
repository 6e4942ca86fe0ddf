package cloister.bridge;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A placeholder that stands at the gate: its hosts are chosen, and it starts when we say so.
 *
 * @param mark what the comment says
 * @param job job id
 * @param restart how often Slurm has started the job again, from 0
 * @param nodes the hosts, as Slurm writes them ({@code vmh[1-2]}), at most 32,768 characters
 */
public record Asked(Mark mark, long job, int restart, String nodes) {
    private static final Pattern NODES = Pattern.compile("[A-Za-z0-9.,_\\[\\]-]{1,32768}");
    private static final Pattern NAME = Pattern.compile(
            "([1-9][0-9]{0,9})\\.([1-9][0-9]{0,9})\\.([1-9][0-9]{0,9})\\.([1-9][0-9]{0,9})\\.(0|[1-9][0-9]{0,8})");
    private static final long MOST_JOB = 0xFFFFFFFFL;

    /** Refuses what Slurm could not have written. */
    public Asked {
        if (job < 1 || job > MOST_JOB) throw new IllegalArgumentException("not a job id: " + job);
        if (restart < 0) throw new IllegalArgumentException("not a restart count: " + restart);
        if (!NODES.matcher(nodes).matches()) throw new IllegalArgumentException("not a list of hosts");
    }

    /** Name of its files: {@code <project>.<lease>.<attempt>.<jobid>.<restart>}. */
    public String name() {
        return mark.project() + "." + mark.lease() + "." + mark.attempt() + "." + job + "." + restart;
    }

    /** Puts together what a file's name and its text say; empty if either is not in the form that we and Slurm write. */
    public static Optional<Asked> parse(String name, String nodes) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches() || !NODES.matcher(nodes).matches()) return Optional.empty();
        Optional<Mark> mark =
                Mark.parse("cloister:1:" + matcher.group(1) + ":" + matcher.group(2) + ":" + matcher.group(3));
        long job = Long.parseLong(matcher.group(4));
        if (mark.isEmpty() || job > MOST_JOB) return Optional.empty();
        return Optional.of(new Asked(mark.get(), job, Integer.parseInt(matcher.group(5)), nodes));
    }

    /** Whether a file's name has the form of {@link #name()}. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }
}
