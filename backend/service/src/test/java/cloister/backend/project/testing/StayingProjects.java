package cloister.backend.project.testing;

import cloister.backend.project.Project;
import cloister.backend.project.ProjectPolicy;
import cloister.backend.project.Projects;
import cloister.backend.project.Removing;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** For tests in which nobody asks for the removal of a project or a member, or for another policy. */
public abstract class StayingProjects implements Projects {
    @Override
    public List<Project> find(Set<Integer> numbers) {
        return numbers.stream().map(this::find).flatMap(Optional::stream).toList();
    }

    @Override
    public ProjectPolicy set(int project, UnaryOperator<ProjectPolicy> change) {
        throw nobodyAsks();
    }

    @Override
    public void remove(int project, boolean drain) {
        throw nobodyAsks();
    }

    @Override
    public void removeMember(int project, int member, boolean drain) {
        throw nobodyAsks();
    }

    @Override
    public Removing awaitRemoval(int project, Duration longest) {
        throw nobodyAsks();
    }

    @Override
    public Removing awaitRemoval(int project, int member, Duration longest) {
        throw nobodyAsks();
    }

    private static UnsupportedOperationException nobodyAsks() {
        return new UnsupportedOperationException("no test of this fake removes or sets anything");
    }
}
