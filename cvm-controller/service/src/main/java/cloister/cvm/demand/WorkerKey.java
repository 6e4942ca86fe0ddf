package cloister.cvm.demand;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A worker by its numbers.
 *
 * @param lease number of the lease within the project, from 1
 * @param worker number of the worker within the lease, from 1
 */
public record WorkerKey(int lease, int worker) implements Comparable<WorkerKey> {
    private static final Pattern NODE = Pattern.compile("w([1-9][0-9]{0,8})-([1-9][0-9]{0,3})");
    private static final Comparator<WorkerKey> ORDER =
            Comparator.comparingInt(WorkerKey::lease).thenComparingInt(WorkerKey::worker);

    /** Name of the worker's node in the local Slurm, of its guest, and its instance id. */
    public String node() {
        return "w" + lease + "-" + worker;
    }

    /** The worker behind a node's name, where the name is one of ours. */
    public static Optional<WorkerKey> ofNode(String name) {
        Matcher matcher = NODE.matcher(name);
        return matcher.matches()
                ? Optional.of(new WorkerKey(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    @Override
    public int compareTo(WorkerKey other) {
        return ORDER.compare(this, other);
    }
}
