package cloister.cvm.demand;

import java.util.List;
import java.util.Optional;

/** One shape for all parts of a heterogeneous job, so that its workers come together. */
final class Joint {
    /** How many times what the parts need such a lease may hold. */
    private static final int MOST_WASTE = 2;

    private Joint() {}

    /** As large as the largest part in everything; empty where the parts are too different for that. */
    static Optional<Waiting> of(List<Waiting> parts) {
        Waiting first = parts.getFirst();
        boolean sameGpus = parts.stream()
                .allMatch(part -> part.perNode().gpus().equals(first.perNode().gpus()));
        int nodes = parts.stream().mapToInt(Waiting::nodes).sum();
        int cpus = parts.stream().mapToInt(part -> part.perNode().cpus()).max().orElse(0);
        int memory =
                parts.stream().mapToInt(part -> part.perNode().memMiB()).max().orElse(0);
        long allCpus = parts.stream()
                .mapToLong(part -> (long) part.nodes() * part.perNode().cpus())
                .sum();
        long allMemory = parts.stream()
                .mapToLong(part -> (long) part.nodes() * part.perNode().memMiB())
                .sum();
        if (!sameGpus || (long) nodes * cpus > MOST_WASTE * allCpus || (long) nodes * memory > MOST_WASTE * allMemory) {
            return Optional.empty();
        }
        return Optional.of(new Waiting(
                first.key(),
                first.member(),
                nodes,
                new Need(cpus, memory, first.perNode().gpus()),
                parts.stream().mapToInt(Waiting::tmpMiB).max().orElse(0),
                first.wholeWorker(),
                parts.stream().anyMatch(Waiting::spread),
                parts.stream().mapToInt(Waiting::limitMin).max().orElse(0),
                first.tasks(),
                first.priority(),
                first.since(),
                first.askFrom(),
                first.together(),
                first.binding()));
    }
}
