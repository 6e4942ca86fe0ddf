package cloister.backend.project;

import cloister.broker.Members;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The site's projects. What can't be done is an {@link IllegalArgumentException} that says what to do. */
public interface Projects {
    /** Makes a project; its number is returned. */
    int create(ProjectPolicy policy);

    /**
     * Changes what was decided about a project; its CVM hears of it within a minute. Who shares a worker is refused to change
     * while there is a CVM: what runs there runs by it.
     */
    ProjectPolicy set(int project, UnaryOperator<ProjectPolicy> change);

    /** One project. */
    Optional<Project> find(int number);

    /** Those of them that there are. */
    List<Project> find(Set<Integer> numbers);

    /** All projects by number. */
    List<Project> list();

    /**
     * Adds a member; the number within the project is returned. The epoch of the members grows.
     *
     * @param keys lines of an {@code authorized_keys} file
     */
    int addMember(int project, String login, int uid, List<String> keys);

    /** Who may work in the project's CVM. */
    Members members(int project);

    /** Numbers of the members that leases may still be charged to: also of those whose leases are being ended. */
    List<Integer> booked(int project);

    /**
     * Has a project removed, also after a restart of the backend: no new lease from now on; its leases, its CVM and drive, its
     * addresses and its account go one after the other. Its number is not given again and what it was charged stays. Asked again,
     * it does nothing.
     *
     * @param drain end the leases that live; without it they are a reason to refuse
     */
    void remove(int project, boolean drain);

    /** Has a member removed, likewise: keys at once, the wckey once no lease of the member lives. */
    void removeMember(int project, int member, boolean drain);

    /** Where the removal of a project is, after waiting at most so long for a step. */
    Removing awaitRemoval(int project, Duration longest) throws InterruptedException;

    /** Where the removal of a member is, after waiting at most so long for a step. */
    Removing awaitRemoval(int project, int member, Duration longest) throws InterruptedException;

    /** The project whose CVM holds this key now. Answered from memory: it is asked in every handshake and request. */
    OptionalInt ofKey(Spki key);

    /**
     * Has the project's CVM started, with the drive of the last one if there was one; returns at once.
     *
     * @param host where; without it where the drive is
     */
    void startCvm(int project, Optional<String> host);

    /** Has its domain ended; returns at once. Its drive is kept, and what its workers run goes on until the end of their leases. */
    void stopCvm(int project);

    /** Takes an operator's word for it that its host is off, so that it and its workers there run no more. */
    void fenceCvm(int project);

    /** Has it and its drive taken away; returns at once. The project's leases end with it. */
    void deleteCvm(int project);

    /** Waits until the project's CVM isn't {@code seen} any more, at most {@code longest}; returns what it is then. */
    Cvm awaitCvm(int project, Cvm seen, Duration longest) throws InterruptedException;
}
