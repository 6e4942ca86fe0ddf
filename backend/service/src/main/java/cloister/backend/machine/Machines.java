package cloister.backend.machine;

import java.time.Instant;
import java.util.List;

/**
 * The VMs on the VM hosts. Every call answers within a configured limit, whatever the host does; an answer that did not
 * come is {@code Unknown}, and then the call may still have been carried out: ask again, each is idempotent.
 */
public interface Machines {
    /**
     * Creates the machine's volume and its domain unless a domain of that name lives, and keeps up the conversation on
     * its boot channel until the machine was heard. After a restart of the backend the same call resumes the
     * conversation with a machine that lives.
     */
    Start start(Machine machine);

    /** Ends the machine's domain and deletes its volume. */
    Stop destroy(String host, MachineId id);

    /** Ends a CVM's domain; its volume stays for its next start. */
    Stop stop(String host, MachineId id);

    /** Moves the moment at which a worker must be gone, where its host's own guards read it. */
    Change moveEnd(String host, MachineId id, Instant endsAt);

    /** Stops a machine's processors; its memory stays. One that stands still is as good. */
    Change pause(String host, MachineId id);

    /** Lets a paused machine go on. One that runs is as good. */
    Change resume(String host, MachineId id);

    /** All live machines of a host. Domains without our mark are not ours and not listed. */
    Survey survey(String host);

    /** What all live workers of a host have used so far. {@link MachineEnding} tells the last of each. */
    Measurement measure(String host);

    /** What became of a start. */
    sealed interface Start {
        /** The domain lives. Whether its guest is up only its hello tells. */
        record Started() implements Start {}

        /**
         * The host said no, and nothing of the machine is left there.
         *
         * @param why for the operator
         */
        record Refused(String why) implements Start {}

        /**
         * No answer in time or the connection broke.
         *
         * @param why for the operator
         */
        record Unknown(String why) implements Start {}
    }

    /** What became of an end. */
    sealed interface Stop {
        /** The domain is not there, nor a volume that was to be deleted. */
        record Gone() implements Stop {}

        /**
         * Not known to be gone.
         *
         * @param why for the operator
         */
        record Unknown(String why) implements Stop {}
    }

    /** What became of a change to a live machine. */
    sealed interface Change {
        /** It is as asked. */
        record Done() implements Change {}

        /** No such machine lives there. */
        record Gone() implements Change {}

        /**
         * Not known to be done.
         *
         * @param why for the operator
         */
        record Unknown(String why) implements Change {}
    }

    /** What a host shows. */
    sealed interface Survey {
        /** The live machines of the host, completely. */
        record Seen(List<LiveMachine> machines) implements Survey {
            /** Takes a copy. */
            public Seen {
                machines = List.copyOf(machines);
            }
        }

        /**
         * The host did not answer: its machines may live or not.
         *
         * @param why for the operator
         */
        record Unreachable(String why) implements Survey {}
    }

    /** What a host's workers have used. */
    sealed interface Measurement {
        /** Of all that could be measured: one that ended meanwhile is left out. */
        record Seen(List<MachineUsage> usages) implements Measurement {
            /** Takes a copy. */
            public Seen {
                usages = List.copyOf(usages);
            }
        }

        /**
         * The host did not answer.
         *
         * @param why for the operator
         */
        record Unreachable(String why) implements Measurement {}
    }
}
