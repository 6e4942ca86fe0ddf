package cloister.backend.machine;

import java.util.List;
import java.util.Optional;

/**
 * What the room needs of one VM host. Every call returns within a limit; {@link Unanswered} says that nothing is known,
 * {@link Rejected} that the host said no.
 */
interface Hypervisor {
    /** Name of the host. */
    String host();

    /** The live domain of that name. */
    Optional<LiveDomain> find(String domain) throws Unanswered, Rejected;

    /** All live domains. */
    List<LiveDomain> live() throws Unanswered, Rejected;

    /** What a live domain has used so far; empty when none of that name lives. */
    Optional<Load> load(String domain) throws Unanswered, Rejected;

    /** Starts a transient domain. */
    void create(String xml) throws Unanswered, Rejected;

    /** Ends a domain at once; none of that name is as good. */
    void destroy(String domain) throws Unanswered, Rejected;

    /** Puts our metadata element of a live domain in the place of the one it has. */
    void mark(String domain, String xml) throws Unanswered, Rejected;

    /** Stops the processors of a live domain. */
    void pause(String domain) throws Unanswered, Rejected;

    /** Lets a paused domain go on; one that runs is as good. */
    void resume(String domain) throws Unanswered, Rejected;

    /** Makes the volume anew, blank: what an earlier machine of that name left is deleted. */
    void blankVolume(String name, int mebibytes) throws Unanswered, Rejected;

    /**
     * Sees to it that the volume is known to the host, which need not be the one that made it.
     *
     * @throws Rejected where there is none of that name
     */
    void keptVolume(String name) throws Unanswered, Rejected;

    /** Deletes the volume; none of that name is as good. */
    void deleteVolume(String name) throws Unanswered, Rejected;

    /**
     * Opens the domain's boot channel, taking it from whoever has it.
     *
     * @return empty when no domain of that name lives
     */
    Optional<BootPort> openBootChannel(String domain, Inbox inbox) throws Unanswered, Rejected;

    /**
     * A live domain as libvirt shows it.
     *
     * @param name of the domain
     * @param mark our metadata element as XML, if the domain has one
     */
    record LiveDomain(String name, Optional<String> mark) {}

    /**
     * What a domain has used.
     *
     * @param cpuNanos time on cores since its start
     * @param residentKib memory of the host that it holds now
     */
    record Load(long cpuNanos, long residentKib) {}

    /** The host's end of a boot channel; what the guest says goes to the inbox it was opened with. */
    interface BootPort extends AutoCloseable {
        /** Sends a line; never blocks. */
        void send(byte[] line) throws Unanswered;

        /** Whether the connection to the host still stands; asks nobody. */
        boolean alive();

        /** Ends it, as far as the host answers; what doesn't answer is left to the end of the connection. */
        @Override
        void close();
    }
}
