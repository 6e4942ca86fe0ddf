package cloister.bridge.slurm;

import cloister.bridge.PlaceholderState;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Slurm's {@code job_state} is a set: one base state, and flags that say what is happening to it. */
final class JobStates {
    private JobStates() {}

    /** The state that the set amounts to; empty if it holds no base state that we know. */
    static Optional<PlaceholderState> state(List<String> words) {
        Set<String> set = Set.copyOf(words);
        Optional<PlaceholderState> base =
                words.stream().map(JobStates::base).flatMap(Optional::stream).findFirst();
        if (base.isEmpty()) return base;
        if (set.contains("COMPLETING")) return Optional.of(PlaceholderState.COMPLETING);
        if (set.contains("CONFIGURING") && base.get() == PlaceholderState.RUNNING) {
            return Optional.of(PlaceholderState.CONFIGURING);
        }
        return base;
    }

    /** How a job that is over ended, whatever its hosts still do. */
    static Optional<PlaceholderState> outcome(List<String> words) {
        return words.stream()
                .map(JobStates::base)
                .flatMap(Optional::stream)
                .filter(PlaceholderState::terminal)
                .findFirst();
    }

    private static Optional<PlaceholderState> base(String word) {
        return Optional.ofNullable(
                switch (word) {
                    case "PENDING" -> PlaceholderState.PENDING;
                    case "RUNNING" -> PlaceholderState.RUNNING;
                    case "SUSPENDED" -> PlaceholderState.SUSPENDED;
                    case "COMPLETED" -> PlaceholderState.COMPLETED;
                    case "FAILED" -> PlaceholderState.FAILED;
                    case "CANCELLED" -> PlaceholderState.CANCELLED;
                    case "TIMEOUT" -> PlaceholderState.TIMEOUT;
                    case "NODE_FAIL" -> PlaceholderState.NODE_FAIL;
                    case "PREEMPTED" -> PlaceholderState.PREEMPTED;
                    case "OUT_OF_MEMORY" -> PlaceholderState.OUT_OF_MEMORY;
                    case "DEADLINE" -> PlaceholderState.DEADLINE;
                    case "BOOT_FAIL" -> PlaceholderState.BOOT_FAIL;
                    default -> null;
                });
    }
}
