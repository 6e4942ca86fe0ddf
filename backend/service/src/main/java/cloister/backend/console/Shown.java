package cloister.backend.console;

import cloister.backend.lease.LeaseReport;
import cloister.backend.lease.Leases;
import cloister.backend.ledger.Usage;
import cloister.backend.project.Cvm;
import cloister.backend.project.Project;
import cloister.backend.project.Projects;
import cloister.broker.Isolation;
import cloister.broker.LeaseList;
import cloister.broker.Members;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What operators are shown: public keys, numbers and places. */
final class Shown {
    private Shown() {}

    /**
     * A CVM.
     *
     * @param drive the host where the drive is that it uses or used last; null where there is none
     */
    record CvmShown(
            String state,
            @Nullable String why,
            @Nullable String host,
            @Nullable String address,
            @Nullable String sshHostKey,
            @Nullable Integer image,
            @Nullable String drive) {}

    record ProjectShown(
            int project,
            boolean spread,
            int idleSeconds,
            Isolation isolation,
            int warmWorkers,
            int dayCpuMin,
            List<Members.Member> members,
            CvmShown cvm,
            String removal) {}

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

    /**
     * Whether leases are submitted.
     *
     * @param submissions {@code ON}, {@code PAUSED} by an operator, or {@code BROKEN} off for a while by failed starts
     * @param since of a pause, in seconds from 1970 on
     * @param until of what is broken off, in seconds from 1970 on
     */
    record SubmissionsShown(
            String submissions,
            @Nullable Long since,
            @Nullable Long until) {}

    record UsageShown(
            int project,
            int lease,
            int attempt,
            long job,
            String state,
            long submitted,
            @Nullable Long started,
            @Nullable Long ended,
            long elapsedSeconds,
            long cpus,
            long memMiB,
            long gpus,
            long nodes,
            long cpuSeconds,
            long usedCpuSeconds,
            long usedMemMiBSeconds,
            long usedGpuSeconds,
            List<String> flags) {}

    record UsageReport(List<UsageShown> usage, List<Usage.Difference> differences, long cpuSeconds) {}

    static UsageReport of(Usage.Report report) {
        List<UsageShown> rows = report.rows().stream().map(Shown::of).toList();
        return new UsageReport(
                rows,
                report.differences(),
                rows.stream().mapToLong(UsageShown::cpuSeconds).sum());
    }

    private static UsageShown of(Usage.Row row) {
        Optional<Usage.Given> given = row.given();
        return new UsageShown(
                row.project(),
                row.lease(),
                row.attempt(),
                row.job(),
                given.map(Usage.Given::state).orElse("OPEN"),
                row.submitted().getEpochSecond(),
                given.map(known -> known.started().getEpochSecond()).orElse(null),
                given.map(known -> known.ended().getEpochSecond()).orElse(null),
                given.map(Usage.Given::elapsedSeconds).orElse(0L),
                given.map(Usage.Given::cpus).orElse(0L),
                given.map(Usage.Given::memMib).orElse(0L),
                given.map(Usage.Given::gpus).orElse(0L),
                given.map(Usage.Given::nodes).orElse(0L),
                given.map(Usage.Given::cpuSeconds).orElse(0L),
                row.usedCpuSeconds(),
                row.usedMemMibSeconds(),
                row.usedGpuSeconds(),
                row.flags().stream().map(Enum::name).sorted().toList());
    }

    static CvmShown of(Cvm cvm) {
        return switch (cvm) {
            case Cvm.Off(Cvm.Why why, Cvm.Drive drive) ->
                new CvmShown("OFF", why.text(), null, null, null, null, on(drive));
            case Cvm.Starting starting -> at("STARTING", null, starting.place(), starting.drive());
            case Cvm.Up up ->
                new CvmShown(
                        "UP",
                        null,
                        up.place().host(),
                        up.place().address().toString(),
                        up.sshHostKey(),
                        up.image(),
                        up.place().host());
            case Cvm.Stopping(Cvm.Place place, Cvm.Why why, Cvm.Drive drive) ->
                at("STOPPING", why.text(), place, drive);
        };
    }

    private static CvmShown at(String state, @Nullable String why, Cvm.Place place, Cvm.Drive drive) {
        return new CvmShown(state, why, place.host(), place.address().toString(), null, null, on(drive));
    }

    private static @Nullable String on(Cvm.Drive drive) {
        return drive instanceof Cvm.Drive.Kept(Cvm.Place last) ? last.host() : null;
    }

    static ProjectShown of(Project project, Projects projects) {
        return new ProjectShown(
                project.number(),
                project.policy().spread(),
                project.policy().idleSeconds(),
                project.policy().isolation(),
                project.policy().warmWorkers(),
                project.policy().dayCpuMin(),
                projects.members(project.number()).members(),
                of(project.cvm()),
                project.removal().name());
    }

    static SubmissionsShown of(Leases.Submissions submissions) {
        Long since = submissions.pausedSince().map(Instant::getEpochSecond).orElse(null);
        Long until = submissions.brokenUntil().map(Instant::getEpochSecond).orElse(null);
        if (since != null) {
            return new SubmissionsShown("PAUSED", since, until);
        }
        return new SubmissionsShown(until == null ? "ON" : "BROKEN", null, until);
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
