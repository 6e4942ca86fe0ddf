package cloister.backend.ledger;

import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is known of placeholders that ran, and where ledger and slurmdbd differ. */
public final class Usage {
    private Usage() {}

    /** Why the figures of a placeholder should be looked at. Their bits add up to the last number of its note. */
    public enum Flag {
        /** No host ever told what its workers used. */
        NOT_MEASURED(1),
        /** The CVM has not said what all of them used. */
        NOT_REPORTED(2),
        /** Time on cores by the CVM differs from the hypervisor's by more than the tolerance. */
        REPORT_DIFFERS(4),
        /** More time on cores was used than cores were given: QEMU's own, or a placement that Slurm does not know. */
        MORE_THAN_ALLOCATED(8);

        private final int bit;

        Flag(int bit) {
            this.bit = bit;
        }

        static int number(Collection<Flag> flags) {
            return flags.stream().mapToInt(flag -> flag.bit).sum();
        }

        static Set<Flag> of(int number) {
            EnumSet<Flag> flags = EnumSet.noneOf(Flag.class);
            for (Flag flag : values()) {
                if ((number & flag.bit) != 0) {
                    flags.add(flag);
                }
            }
            return flags;
        }
    }

    /** How ledger and slurmdbd differ over one placeholder. */
    public enum Kind {
        /** slurmdbd has no record of it any more: purged. */
        MISSING_IN_SLURMDBD,
        /** slurmdbd has a record that the ledger knows nothing of. */
        MISSING_IN_LEDGER,
        /** The record is not what it was when the ledger took it down. */
        EDITED,
        /** It is not over: neither side is final. */
        STILL_RUNNING
    }

    /**
     * A difference.
     *
     * @param kind which
     * @param project number of the project
     * @param lease number of the lease; 0 where its record bears no mark
     * @param attempt number of the attempt; 0 where its record bears no mark
     * @param job id in the global Slurm
     * @param what differs, for a person
     */
    public record Difference(Kind kind, int project, int lease, int attempt, long job, String what) {}

    /**
     * One placeholder.
     *
     * @param project number of the project
     * @param lease number of the lease
     * @param attempt number of the attempt
     * @param job id in the global Slurm
     * @param submitted when Slurm took it
     * @param given slurmdbd's record; empty until it is over there
     * @param usedCpuSeconds time on cores, by the hosts
     * @param usedMemMibSeconds memory times how long it was held, by the hosts
     * @param usedGpuSeconds GPUs times how long
     * @param flags why it should be looked at
     */
    public record Row(
            int project,
            int lease,
            int attempt,
            long job,
            Instant submitted,
            Optional<Given> given,
            long usedCpuSeconds,
            long usedMemMibSeconds,
            long usedGpuSeconds,
            Set<Flag> flags) {
        /** Copies the flags. */
        public Row {
            flags = Set.copyOf(flags);
        }
    }

    /**
     * What slurmdbd says a placeholder was given, or was corrected to under the policy `used`. Cores, memory, GPUs and hosts are
     * those that it had left, where it gave hosts back.
     *
     * @param state how it ended
     * @param started when it got its hosts
     * @param ended when it gave them back
     * @param elapsedSeconds between the two, without suspension
     * @param cpus cores
     * @param memMib memory
     * @param gpus GPUs
     * @param nodes hosts
     * @param cpuSeconds cores times how long it held them, as {@code sreport} counts
     */
    public record Given(
            String state,
            Instant started,
            Instant ended,
            long elapsedSeconds,
            long cpus,
            long memMib,
            long gpus,
            long nodes,
            long cpuSeconds) {}

    /**
     * A period.
     *
     * @param rows all placeholders that started in it, or were submitted in it and have not started
     * @param differences empty if ledger and slurmdbd say the same
     */
    public record Report(List<Row> rows, List<Difference> differences) {
        /** Copies the lists. */
        public Report {
            rows = List.copyOf(rows);
            differences = List.copyOf(differences);
        }
    }
}
