package cloister.bridge.slurm;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What we read of slurmrestd's answers: the members that both versions have under the same names, and nothing else, so that a
 * list of ten thousand jobs stays small. A test compares every member with both descriptions of the API.
 */
final class Said {
    private Said() {}

    /** Every answer may name errors. */
    interface Answer {
        @Nullable
        List<Fault> errors();
    }

    record Fault(
            @Nullable Long errorNumber,
            @Nullable String error,
            @Nullable String description) {}

    /** A number that may not be set. */
    record Maybe(@Nullable Boolean set, @Nullable Long number) {
        static Optional<Long> of(@Nullable Maybe said) {
            return said == null || !Boolean.TRUE.equals(said.set) ? Optional.empty() : Optional.ofNullable(said.number);
        }

        /** A time in Unix seconds; Slurm writes 0 for never. */
        static Optional<Instant> time(@Nullable Maybe said) {
            return of(said).filter(seconds -> seconds > 0).map(Instant::ofEpochSecond);
        }
    }

    record Submitted(@Nullable Long jobId, @Nullable List<Fault> errors) implements Answer {}

    record Jobs(@Nullable List<Job> jobs, @Nullable List<Fault> errors) implements Answer {}

    record Job(
            @Nullable Long jobId,
            @Nullable String userName,
            @Nullable String comment,
            @Nullable List<String> jobState,
            @Nullable String stateReason,
            @Nullable Maybe submitTime,
            @Nullable Maybe startTime,
            @Nullable Maybe resizeTime,
            @Nullable Maybe preemptTime,
            @Nullable Maybe endTime,
            @Nullable Maybe timeLimit,
            @Nullable Long restartCnt,
            @Nullable Maybe cpusPerTask,
            @Nullable Maybe tasks,
            @Nullable Resources jobResources) {}

    record Resources(@Nullable Nodes nodes) {}

    record Nodes(@Nullable List<Node> allocation) {}

    record Node(@Nullable String name, @Nullable Cpus cpus) {}

    record Cpus(@Nullable Long count) {}

    /** One job, with what it was given: a core takes some 60 bytes, so that only single jobs are read so. */
    record Holdings(@Nullable List<Holder> jobs, @Nullable List<Fault> errors) implements Answer {}

    record Holder(
            @Nullable Long jobId,
            @Nullable String userName,
            @Nullable String comment,
            @Nullable List<String> jobState,
            @Nullable List<@Nullable String> gresDetail,
            @Nullable Held jobResources) {}

    record Held(@Nullable List<String> selectType, @Nullable HeldNodes nodes) {}

    record HeldNodes(@Nullable Boolean whole, @Nullable List<HeldNode> allocation) {}

    record HeldNode(
            @Nullable String name,
            @Nullable Cpus cpus,
            @Nullable Memory memory,
            @Nullable List<Socket> sockets) {}

    record Hosts(@Nullable List<Host> nodes, @Nullable List<Fault> errors) implements Answer {}

    record Host(@Nullable String name, @Nullable List<String> state) {}

    record Memory(@Nullable Long allocated) {}

    record Socket(@Nullable Long index, @Nullable List<Core> cores) {}

    record Core(@Nullable Long index, @Nullable List<String> status) {}

    /** The cheap list of all users' jobs. The description says that it looks like {@link Jobs}; it does not. */
    record States(@Nullable List<State> jobs, @Nullable List<Fault> errors) implements Answer {}

    /**
     * One line of it.
     *
     * @param jobId text, since it may also name a part of an array
     */
    record State(@Nullable String jobId, @Nullable List<String> state) {}

    record Records(@Nullable List<Recorded> jobs, @Nullable List<Fault> errors) implements Answer {}

    record Recorded(
            @Nullable Long jobId,
            @Nullable String user,
            @Nullable Comments comment,
            @Nullable Current state,
            @Nullable Times time,
            @Nullable Long restartCnt) {}

    record Comments(@Nullable String job) {}

    record Current(@Nullable List<String> current, @Nullable String reason) {}

    record Times(@Nullable Long submission) {}

    record Signalled(
            @Nullable List<Signal> status, @Nullable List<Fault> errors) implements Answer {}

    record Signal(@Nullable SignalError error) {}

    record SignalError(@Nullable Long code, @Nullable String string) {}

    record Updated(@Nullable List<Update> results, @Nullable List<Fault> errors) implements Answer {}

    record Update(@Nullable Long errorCode, @Nullable String error) {}

    /** What slurmrestd serves: its paths, whatever stands under them. */
    record Description(@Nullable Map<String, Anything> paths) {}

    record Anything() {}
}
