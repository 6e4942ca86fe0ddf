package cloister.backend.project.testing;

import cloister.backend.project.Cvm;
import cloister.backend.project.Project;
import cloister.backend.project.ProjectPolicy;
import cloister.broker.Members;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Project 1, whose CVM is up until the test says otherwise. */
public final class OneProject extends StayingProjects {
    private volatile Cvm cvm = new Cvm.Up(
            new Cvm.Place("vmhost1", Ipv4.parse("10.77.1.10")),
            MachineKey.generate().spki(),
            "ssh-ed25519 AAAA",
            1,
            Instant.EPOCH);

    /** Its CVM is something else from now on. */
    public void become(Cvm next) {
        cvm = next;
    }

    @Override
    public int create(ProjectPolicy policy) {
        throw new UnsupportedOperationException("there is one project");
    }

    @Override
    public Optional<Project> find(int number) {
        return number == 1 ? Optional.of(new Project(1, ProjectPolicy.open(false, 30), cvm)) : Optional.empty();
    }

    @Override
    public List<Project> list() {
        return find(1).stream().toList();
    }

    @Override
    public int addMember(int project, String login, int uid, List<String> keys) {
        throw new UnsupportedOperationException("it has the members that the database has");
    }

    @Override
    public Members members(int project) {
        return new Members(1, List.of());
    }

    @Override
    public OptionalInt ofKey(Spki key) {
        return cvm instanceof Cvm.Up up && up.spki().equals(key) ? OptionalInt.of(1) : OptionalInt.empty();
    }

    @Override
    public void startCvm(int project, Optional<String> host) {}

    @Override
    public void stopCvm(int project) {
        throw new UnsupportedOperationException("say what it becomes");
    }

    @Override
    public void fenceCvm(int project) {
        throw new UnsupportedOperationException("say what it becomes");
    }

    @Override
    public void deleteCvm(int project) {
        cvm = new Cvm.Off(Cvm.Why.ASKED, new Cvm.Drive.Blank());
    }

    @Override
    public Cvm awaitCvm(int project, Cvm seen, Duration longest) {
        return cvm;
    }

    @Override
    public List<Integer> booked(int project) {
        return List.of();
    }
}
