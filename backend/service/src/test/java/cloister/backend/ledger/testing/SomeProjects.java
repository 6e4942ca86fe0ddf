package cloister.backend.ledger.testing;

import cloister.backend.project.Cvm;
import cloister.backend.project.Project;
import cloister.backend.project.ProjectPolicy;
import cloister.backend.project.Removal;
import cloister.backend.project.testing.StayingProjects;
import cloister.broker.Members;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Projects in memory, with members numbered from 1 and no CVM. */
public final class SomeProjects extends StayingProjects {
    private final Map<Integer, Integer> members = new TreeMap<>();
    private final Map<Integer, Removal> removals = new TreeMap<>();

    /** The project has so many members from now on. */
    public void members(int project, int count) {
        members.put(project, count);
    }

    /** Its removal is so far. */
    public void removal(int project, Removal state) {
        removals.put(project, state);
    }

    /** It is no more. */
    public void remove(int project) {
        members.remove(project);
    }

    @Override
    public int create(ProjectPolicy policy) {
        throw new UnsupportedOperationException("the test says which there are");
    }

    @Override
    public Optional<Project> find(int number) {
        return list().stream().filter(project -> project.number() == number).findFirst();
    }

    @Override
    public List<Project> list() {
        return members.keySet().stream()
                .map(number -> new Project(
                        number,
                        ProjectPolicy.open(false, 30),
                        new Cvm.Off(Cvm.Why.ASKED, new Cvm.Drive.Blank()),
                        removals.getOrDefault(number, Removal.NONE)))
                .toList();
    }

    @Override
    public int addMember(int project, String login, int uid, List<String> keys) {
        throw new UnsupportedOperationException("the test says which there are");
    }

    @Override
    public Members members(int project) {
        return new Members(
                1,
                IntStream.rangeClosed(1, members.getOrDefault(project, 0))
                        .mapToObj(number -> new Members.Member(number, "member" + number, 5000 + number, List.of(KEY)))
                        .toList());
    }

    private static final String KEY =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    @Override
    public OptionalInt ofKey(Spki key) {
        return OptionalInt.empty();
    }

    @Override
    public void startCvm(int project, Optional<String> host) {
        throw new UnsupportedOperationException("there are no CVMs");
    }

    @Override
    public void stopCvm(int project) {
        throw new UnsupportedOperationException("there are no CVMs");
    }

    @Override
    public void fenceCvm(int project) {
        throw new UnsupportedOperationException("there are no CVMs");
    }

    @Override
    public void deleteCvm(int project) {
        throw new UnsupportedOperationException("there are no CVMs");
    }

    @Override
    public Cvm awaitCvm(int project, Cvm seen, Duration longest) {
        return seen;
    }

    @Override
    public List<Integer> booked(int project) {
        return IntStream.rangeClosed(1, members.getOrDefault(project, 0))
                .boxed()
                .toList();
    }
}
