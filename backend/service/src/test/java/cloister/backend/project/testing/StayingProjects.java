package cloister.backend.project.testing;

import cloister.backend.project.Projects;
import cloister.backend.project.Removing;
import java.time.Duration;

/** For tests in which nobody asks for the removal of a project or a member. */
public abstract class StayingProjects implements Projects {
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
        return new UnsupportedOperationException("no test of this fake removes anything");
    }
}
