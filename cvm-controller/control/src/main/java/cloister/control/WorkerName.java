package cloister.control;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The numbers behind a worker's names.
 *
 * @param project number of the project; 0 where the name doesn't say
 * @param lease number of the lease
 * @param worker number of the worker within it
 */
record WorkerName(int project, int lease, int worker) {
    private static final int LONGEST = 64;
    private static final Pattern NODE = Pattern.compile("w([0-9]+)-([0-9]+)");
    private static final Pattern INSTANCE = Pattern.compile("l([0-9]+)-([0-9]+)");
    private static final Pattern ID = Pattern.compile("w([0-9]+)-([0-9]+)\\.p([0-9]+)\\.cloister");
    private static final Pattern CVM = Pattern.compile("cvm\\.p([0-9]+)\\.cloister");

    static WorkerName ofNode(String field, String name) {
        Matcher found = match(field, name, NODE);
        return new WorkerName(0, Bounds.id(field, found.group(1)), Bounds.id(field, found.group(2)));
    }

    static WorkerName ofInstance(String field, String name) {
        Matcher found = match(field, name, INSTANCE);
        return new WorkerName(0, Bounds.id(field, found.group(1)), Bounds.id(field, found.group(2)));
    }

    static WorkerName ofId(String field, String id) {
        Matcher found = match(field, id, ID);
        return new WorkerName(
                Bounds.id(field, found.group(3)), Bounds.id(field, found.group(1)), Bounds.id(field, found.group(2)));
    }

    /** The project of a CVM's identity, {@code cvm.p<P>.cloister}. */
    static int projectOfCvm(String field, String id) {
        return Bounds.id(field, match(field, id, CVM).group(1));
    }

    boolean sameWorker(WorkerName other) {
        return lease == other.lease && worker == other.worker;
    }

    private static Matcher match(String field, String text, Pattern pattern) {
        Matcher matcher = pattern.matcher(text);
        if (text.length() > LONGEST || !matcher.matches()) {
            throw new IllegalArgumentException(field + " must be like " + pattern.pattern());
        }
        return matcher;
    }
}
