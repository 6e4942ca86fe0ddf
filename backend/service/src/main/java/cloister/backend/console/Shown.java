package cloister.backend.console;

import cloister.backend.lease.LeaseReport;
import cloister.backend.project.Cvm;
import cloister.backend.project.Project;
import cloister.backend.project.Projects;
import cloister.broker.LeaseList;
import cloister.broker.Members;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What operators are shown: public keys, numbers and places. */
final class Shown {
    private Shown() {}

    record CvmShown(
            String state,
            @Nullable String why,
            @Nullable String host,
            @Nullable String address,
            @Nullable String sshHostKey,
            @Nullable Integer image) {}

    record ProjectShown(int project, boolean spread, int idleSeconds, List<Members.Member> members, CvmShown cvm) {}

    record LeaseShown(
            int project,
            int lease,
            String state,
            String reason,
            String why,
            int member,
            int workers,
            int cpus,
            int memMiB,
            int termMin,
            @Nullable Long job,
            @Nullable Integer attempt,
            @Nullable Long endsAt,
            List<String> hosts,
            List<LeaseList.Worker> places) {}

    static CvmShown of(Cvm cvm) {
        return switch (cvm) {
            case Cvm.Off(Cvm.Why why) -> new CvmShown("OFF", why.text(), null, null, null, null);
            case Cvm.Starting starting -> at("STARTING", null, starting.place());
            case Cvm.Up up ->
                new CvmShown(
                        "UP", null, up.place().host(), up.place().address().toString(), up.sshHostKey(), up.image());
            case Cvm.Stopping(Cvm.Place place, Cvm.Why why) -> at("STOPPING", why.text(), place);
        };
    }

    private static CvmShown at(String state, @Nullable String why, Cvm.Place place) {
        return new CvmShown(state, why, place.host(), place.address().toString(), null, null);
    }

    static ProjectShown of(Project project, Projects projects) {
        return new ProjectShown(
                project.number(),
                project.spread(),
                project.idleSeconds(),
                projects.members(project.number()).members(),
                of(project.cvm()));
    }

    static LeaseShown of(LeaseReport lease) {
        return new LeaseShown(
                lease.id().project(),
                lease.id().lease(),
                lease.view().state().name(),
                lease.view().reason().name(),
                lease.view().reason().text(),
                lease.wish().member(),
                lease.wish().workers(),
                lease.wish().cpus(),
                lease.wish().memMiB(),
                lease.wish().termMin(),
                lease.job().isPresent() ? lease.job().getAsLong() : null,
                lease.attempt().isPresent() ? lease.attempt().getAsInt() : null,
                lease.view().endsAt(),
                lease.hosts(),
                lease.view().workers());
    }
}
