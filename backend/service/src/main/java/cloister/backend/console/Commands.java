package cloister.backend.console;

import cloister.backend.host.Hosts;
import cloister.backend.lease.Leases;
import cloister.backend.ledger.Ledger;
import cloister.backend.project.Cvm;
import cloister.backend.project.Project;
import cloister.backend.project.ProjectPolicy;
import cloister.backend.project.Projects;
import cloister.backend.project.Removal;
import cloister.backend.project.Removing;
import cloister.broker.Isolation;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/** What operators can ask. Each verb has a record of its arguments; anything else is refused in words. */
@Component
class Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    private static final int VERSION = 1;

    /** The end of the year 9999. */
    private static final long LAST_SECOND = 253_402_300_799L;

    /** Longest silence while a CVM starts: then a line of progress tells that it still does. */
    private static final Duration PROGRESS = Duration.ofSeconds(5);

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .changeDefaultPropertyInclusion(value -> value.withValueInclusion(JsonInclude.Include.NON_NULL))
            .build();

    private final Projects projects;
    private final Hosts hosts;
    private final Leases leases;
    private final Ledger ledger;

    Commands(Projects projects, Hosts hosts, Leases leases, Ledger ledger) {
        this.ledger = ledger;
        this.projects = projects;
        this.hosts = hosts;
        this.leases = leases;
    }

    /** Where lines of an answer go. */
    @FunctionalInterface
    interface Out {
        void line(String line) throws IOException;
    }

    private record Request(int v, String verb, JsonNode args) {}

    private record None() {}

    private record HostAdd(String name, boolean service) {}

    private record ProjectCreate(
            boolean spread, int idleSeconds, Isolation isolation, int warmWorkers, int dayCpuMin) {}

    private record ProjectSet(
            int project,
            @Nullable Boolean spread,
            @Nullable Integer idleSeconds,
            @Nullable Isolation isolation,
            @Nullable Integer warmWorkers,
            @Nullable Integer dayCpuMin) {
        ProjectPolicy of(ProjectPolicy before) {
            return new ProjectPolicy(
                    spread == null ? before.spread() : spread,
                    idleSeconds == null ? before.idleSeconds() : idleSeconds,
                    isolation == null ? before.isolation() : isolation,
                    warmWorkers == null ? before.warmWorkers() : warmWorkers,
                    dayCpuMin == null ? before.dayCpuMin() : dayCpuMin);
        }
    }

    private record OfProject(int project) {}

    private record CvmStart(int project, @Nullable String host) {}

    private record CvmStop(int project, boolean hostIsOff) {}

    private record ProjectRemove(int project, boolean drain) {}

    private record MemberRemove(int project, int member, boolean drain) {}

    private record MemberAdd(int project, String login, int uid, List<String> keys) {}

    private record LeaseList(@Nullable Integer project) {}

    private record UsageOf(@Nullable Integer project, long from, long until) {}

    private record LeaseCancel(int project, int lease) {}

    /** Answers one request; what can't be done is an answer too. */
    void answer(String line, Out out) throws IOException {
        try {
            Request request = MAPPER.readValue(line, Request.class);
            if (request.v() != VERSION) {
                throw new IllegalArgumentException(
                        "this backend speaks version " + VERSION + ": use its own `cloister`");
            }
            out.line(MAPPER.writeValueAsString(Map.of("ok", true, "result", result(request, out))));
        } catch (IllegalArgumentException e) {
            refuse(out, String.valueOf(e.getMessage()));
        } catch (JacksonException e) {
            refuse(out, "the request is not understood: use the `cloister` command of this backend's version");
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            refuse(out, "the backend stops; ask again once it runs");
        } catch (RuntimeException e) {
            LOG.error("an operator's command failed", e);
            refuse(out, "the backend failed; its log says why");
        }
    }

    private static void refuse(Out out, String why) throws IOException {
        out.line(MAPPER.writeValueAsString(Map.of("ok", false, "error", why)));
    }

    private Object result(Request request, Out out) throws IOException, InterruptedException {
        return switch (request.verb()) {
            case "host.add" -> hostAdd(args(request, HostAdd.class));
            case "host.list" -> hostList(args(request, None.class));
            case "project.create" -> projectCreate(args(request, ProjectCreate.class));
            case "project.set" -> projectSet(args(request, ProjectSet.class));
            case "project.list" -> projectList(args(request, None.class));
            case "project.show" -> Shown.of(known(args(request, OfProject.class)), projects);
            case "project.remove" -> projectRemove(args(request, ProjectRemove.class), out);
            case "member.remove" -> memberRemove(args(request, MemberRemove.class), out);
            case "member.add" -> memberAdd(args(request, MemberAdd.class));
            case "cvm.start" -> cvmStart(args(request, CvmStart.class), out);
            case "cvm.stop" -> cvmStop(args(request, CvmStop.class), out);
            case "cvm.delete" -> cvmDelete(args(request, OfProject.class), out);
            case "cvm.show" -> Shown.of(known(args(request, OfProject.class)).cvm());
            case "lease.list" -> leaseList(args(request, LeaseList.class));
            case "usage" -> usage(args(request, UsageOf.class));
            case "submissions.show" -> submissions(args(request, None.class));
            case "submissions.pause" -> pause(args(request, None.class));
            case "submissions.resume" -> resume(args(request, None.class));
            case "lease.cancel" -> leaseCancel(args(request, LeaseCancel.class));
            default -> throw new IllegalArgumentException("there is no such command: see `cloister --help`");
        };
    }

    private static <T> T args(Request request, Class<T> type) {
        return MAPPER.treeToValue(request.args(), type);
    }

    private Object hostAdd(HostAdd args) {
        LOG.info("operator: host {} named, service {}", args.name(), args.service());
        hosts.add(args.name(), args.service());
        return Map.of("name", args.name(), "service", args.service());
    }

    private Object hostList(None ignored) {
        return Map.of("hosts", hosts.list());
    }

    private Object projectCreate(ProjectCreate args) {
        ProjectPolicy policy = new ProjectPolicy(
                args.spread(), args.idleSeconds(), args.isolation(), args.warmWorkers(), args.dayCpuMin());
        return Map.of("project", projects.create(policy));
    }

    private Object projectSet(ProjectSet args) {
        projects.set(args.project(), args::of);
        return Shown.of(known(new OfProject(args.project())), projects);
    }

    private Object projectList(None ignored) {
        return Map.of(
                "projects",
                projects.list().stream()
                        .map(project -> Shown.of(project, projects))
                        .toList());
    }

    private Object memberAdd(MemberAdd args) {
        return Map.of("member", projects.addMember(args.project(), args.login(), args.uid(), args.keys()));
    }

    private Object projectRemove(ProjectRemove args, Out out) throws IOException, InterruptedException {
        LOG.info("operator: project {} is to be removed, drain {}", args.project(), args.drain());
        projects.remove(args.project(), args.drain());
        follow(out, longest -> projects.awaitRemoval(args.project(), longest));
        return Map.of("project", args.project(), "removal", Removal.REMOVED);
    }

    private Object memberRemove(MemberRemove args, Out out) throws IOException, InterruptedException {
        LOG.info(
                "operator: member {} of project {} is to be removed, drain {}",
                args.member(),
                args.project(),
                args.drain());
        projects.removeMember(args.project(), args.member(), args.drain());
        follow(out, longest -> projects.awaitRemoval(args.project(), args.member(), longest));
        return Map.of("project", args.project(), "member", args.member(), "removal", Removal.REMOVED);
    }

    /** One step of a removal. */
    @FunctionalInterface
    private interface Steps {
        Removing await(Duration longest) throws InterruptedException;
    }

    /** Tells each step until it is removed. Who hangs up loses nothing: the removal goes on. */
    private static void follow(Out out, Steps steps) throws IOException, InterruptedException {
        Removing seen = steps.await(Duration.ofMillis(1));
        String told = "";
        while (seen.state() != Removal.REMOVED) {
            if (!seen.left().equals(told)) {
                told = seen.left();
                progress(out, told);
            }
            seen = steps.await(PROGRESS);
        }
    }

    private Project known(OfProject args) {
        return projects.find(args.project())
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no project " + args.project() + ": see `cloister project create`"));
    }

    private Object cvmStart(CvmStart args, Out out) throws IOException, InterruptedException {
        OfProject project = new OfProject(args.project());
        projects.startCvm(args.project(), Optional.ofNullable(args.host()));
        // Every state on the way has a limit of its own.
        for (Cvm cvm = known(project).cvm(); ; cvm = projects.awaitCvm(args.project(), cvm, PROGRESS)) {
            switch (cvm) {
                case Cvm.Up up -> {
                    return Shown.of(up);
                }
                case Cvm.Off off ->
                    throw new IllegalArgumentException(
                            "the CVM did not start: " + off.why().text());
                case Cvm.Starting starting ->
                    progress(out, "the CVM boots on " + starting.place().host());
                case Cvm.Stopping stopping ->
                    progress(
                            out,
                            "the CVM is taken away on " + stopping.place().host() + ": "
                                    + stopping.why().text());
            }
        }
    }

    private Object cvmStop(CvmStop args, Out out) throws IOException, InterruptedException {
        OfProject project = new OfProject(args.project());
        if (args.hostIsOff()) {
            LOG.info("operator: the host of the CVM of project {} is off", args.project());
            projects.fenceCvm(args.project());
        } else {
            projects.stopCvm(args.project());
        }
        return untilOff(project, out);
    }

    private Object cvmDelete(OfProject args, Out out) throws IOException, InterruptedException {
        LOG.info("operator: the CVM of project {} and its drive are to go", args.project());
        projects.deleteCvm(args.project());
        return untilOff(args, out);
    }

    private Object untilOff(OfProject args, Out out) throws IOException, InterruptedException {
        for (Cvm cvm = known(args).cvm(); ; cvm = projects.awaitCvm(args.project(), cvm, PROGRESS)) {
            if (cvm instanceof Cvm.Off off) {
                return Shown.of(off);
            }
            progress(out, "the CVM is taken away");
        }
    }

    private static void progress(Out out, String text) throws IOException {
        out.line(MAPPER.writeValueAsString(Map.of("progress", text)));
    }

    private Object leaseList(LeaseList args) {
        OptionalInt project = args.project() == null ? OptionalInt.empty() : OptionalInt.of(args.project());
        return Map.of(
                "leases",
                leases.list(project).stream().map(Shown::of).toList(),
                "submissions",
                Shown.of(leases.submissions()));
    }

    private Object submissions(None ignored) {
        return Shown.of(leases.submissions());
    }

    private Object pause(None ignored) {
        LOG.info("operator: nothing is submitted from now on");
        leases.pauseSubmissions();
        return Shown.of(leases.submissions());
    }

    private Object resume(None ignored) {
        LOG.info("operator: leases are submitted again");
        leases.resumeSubmissions();
        return Shown.of(leases.submissions());
    }

    private Object usage(UsageOf args) {
        OptionalInt project = args.project() == null ? OptionalInt.empty() : OptionalInt.of(args.project());
        if (args.from() < 0 || args.until() > LAST_SECOND) {
            throw new IllegalArgumentException("a period is given in seconds from 1970 on");
        }
        return Shown.of(ledger.usage(project, Instant.ofEpochSecond(args.from()), Instant.ofEpochSecond(args.until())));
    }

    private Object leaseCancel(LeaseCancel args) {
        LOG.info("operator: lease {} of project {} is to end", args.lease(), args.project());
        if (args.lease() < 1 || args.project() < 1 || !leases.cancel(args.project(), args.lease())) {
            throw new IllegalArgumentException("there is no such lease: see `cloister lease list`");
        }
        return Map.of("project", args.project(), "lease", args.lease());
    }
}
