package cloister.backend.lease;

import cloister.backend.project.Project;
import cloister.bridge.Asked;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.Survey;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What was said at the beginning of a pass, found by lease: however many there are, each lease looks at its own only. */
final class World {
    private final Instant at;
    private final boolean told;
    private final Set<Long> unread;
    private final Map<LeaseId, List<Placeholder>> placeholders;
    private final Map<LeaseId, List<Asked>> asked;
    private final Map<Integer, Project> projects;
    private final HostViews.Look hosts;
    private final boolean paused;

    private World(
            Instant at,
            boolean told,
            Set<Long> unread,
            Map<LeaseId, List<Placeholder>> placeholders,
            Map<LeaseId, List<Asked>> asked,
            Map<Integer, Project> projects,
            HostViews.Look hosts,
            boolean paused) {
        this.at = at;
        this.told = told;
        this.unread = unread;
        this.placeholders = placeholders;
        this.asked = asked;
        this.projects = projects;
        this.hosts = hosts;
        this.paused = paused;
    }

    /**
     * Before Slurm is asked.
     *
     * @param at before the leases were read: who acted later is not in the picture
     * @param projects all projects of the leases, as they were after the leases were read; the last of each counts
     * @param hosts asks each host at most once in this pass
     * @param paused whether the operators let nothing be submitted
     */
    static World unasked(Instant at, List<Project> projects, HostViews.Look hosts, boolean paused) {
        Map<Integer, Project> byNumber =
                projects.stream().collect(Collectors.toMap(Project::number, Function.identity(), (_, later) -> later));
        return new World(at, false, Set.of(), Map.of(), Map.of(), byNumber, hosts, paused);
    }

    /**
     * The same with what Slurm said.
     *
     * @param seen what slurmctld keeps; empty where it did not answer, which means nothing
     * @param questions all that stand at the gate
     */
    World with(Optional<Survey.Seen> seen, List<Asked> questions) {
        return new World(
                at,
                seen.isPresent(),
                seen.map(Survey.Seen::unread).orElse(Set.of()),
                seen.map(Survey.Seen::placeholders).orElse(List.of()).stream()
                        .collect(Collectors.groupingBy(placeholder -> id(placeholder.mark()))),
                questions.stream().collect(Collectors.groupingBy(one -> id(one.mark()))),
                projects,
                hosts,
                paused);
    }

    private static LeaseId id(Mark mark) {
        return new LeaseId(mark.project(), mark.lease());
    }

    Instant at() {
        return at;
    }

    /**
     * Whether slurmctld said all that it knows of a lease's placeholder.
     *
     * @param job its job; empty where that is not known: it may be any that has not been read yet
     */
    boolean told(OptionalLong job) {
        return told && (job.isPresent() ? !unread.contains(job.getAsLong()) : unread.isEmpty());
    }

    /** The placeholders that bear the mark of a lease, in any attempt. */
    List<Placeholder> placeholders(LeaseId lease) {
        return placeholders.getOrDefault(lease, List.of());
    }

    /** All placeholders, by lease. */
    Map<LeaseId, List<Placeholder>> placeholders() {
        return placeholders;
    }

    /** The questions at the gate that bear the mark of a lease, in any attempt. */
    List<Asked> asked(LeaseId lease) {
        return asked.getOrDefault(lease, List.of());
    }

    /** All questions at the gate, by lease. */
    Map<LeaseId, List<Asked>> asked() {
        return asked;
    }

    Optional<Project> project(int number) {
        return Optional.ofNullable(projects.get(number));
    }

    HostViews.Look hosts() {
        return hosts;
    }

    boolean paused() {
        return paused;
    }

    /** The placeholder of one attempt: the one that lives, or else the newest. */
    Optional<Placeholder> of(LeaseId lease, Mark mark) {
        return placeholders(lease).stream()
                .filter(placeholder -> placeholder.mark().equals(mark))
                .max(Comparator.<Placeholder, Boolean>comparing(
                                placeholder -> !placeholder.state().terminal())
                        .thenComparing(Placeholder::submitted)
                        .thenComparingLong(Placeholder::job));
    }
}
