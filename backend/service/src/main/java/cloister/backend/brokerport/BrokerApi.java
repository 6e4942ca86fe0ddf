package cloister.backend.brokerport;

import cloister.backend.lease.Leases;
import cloister.backend.project.Projects;
import cloister.broker.LeaseRequest;
import cloister.broker.TermRequest;
import cloister.broker.UsageReport;
import cloister.broker.Verb;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

/** The verbs of {@code broker.yaml}. */
@RestController
class BrokerApi {
    private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,18}");
    private static final String LEASE = "/broker/v1/leases/{n}";

    /** A CVM waits with one; a second may still hang in a connection that broke, and so on. */
    private static final int MOST_WAITING_OF_A_PROJECT = 4;

    private final Leases leases;
    private final Projects projects;
    private final Map<Integer, Semaphore> waiting = new ConcurrentHashMap<>();

    BrokerApi(Leases leases, Projects projects) {
        this.leases = leases;
        this.projects = projects;
    }

    @PutMapping(LEASE)
    void put(@PathVariable("n") int n, HttpServletRequest request) {
        LeaseRequest wish = StrictJson.read(request, LeaseRequest.class);
        switch (leases.put(Admission.project(request), n, wish)) {
            case Leases.Put.Recorded() -> {}
            case Leases.Put.Conflict() ->
                throw new Refused(Refused.Why.CONFLICT, "this number was used with another body");
            case Leases.Put.OutOfStep(int next) ->
                throw new Refused(Refused.Why.OUT_OF_STEP, "the project's next lease is " + next);
            case Leases.Put.Closed() ->
                throw new Refused(Refused.Why.BEYOND_LIMITS, "the project is being removed: it gets no new lease");
            case Leases.Put.BeyondLimits(String field) ->
                throw new Refused(Refused.Why.BEYOND_LIMITS, field + " is not within what /broker/v1/limits says");
        }
    }

    @DeleteMapping(LEASE)
    void delete(@PathVariable("n") int n, HttpServletRequest request) {
        known(leases.release(Admission.project(request), n));
    }

    @PutMapping(LEASE + "/term")
    void term(@PathVariable("n") int n, HttpServletRequest request) {
        TermRequest term = StrictJson.read(request, TermRequest.class);
        switch (leases.extend(Admission.project(request), n, term.termMin())) {
            case EXTENDED -> {}
            case UNKNOWN -> known(false);
            case TOO_LATE -> throw new Refused(Refused.Why.CONFLICT, "the cluster has the lease: its limit stays");
            case BEYOND_LIMITS ->
                throw new Refused(Refused.Why.BEYOND_LIMITS, "termMin is shorter than before or beyond the limits");
        }
    }

    @DeleteMapping(LEASE + "/workers/{k}")
    void worker(@PathVariable("n") int n, @PathVariable("k") int k, HttpServletRequest request) {
        known(leases.releaseWorker(Admission.project(request), n, k));
    }

    @PostMapping(LEASE + "/usage")
    void usage(@PathVariable("n") int n, HttpServletRequest request) {
        UsageReport report = StrictJson.read(request, UsageReport.class);
        known(leases.report(Admission.project(request), n, report));
    }

    @GetMapping("/broker/v1/leases")
    void changes(HttpServletRequest request, HttpServletResponse response) throws IOException, InterruptedException {
        int project = Admission.project(request);
        long since = number(request, "since", Long.MAX_VALUE);
        long wait = number(request, "wait", Verb.longestWaitSeconds());
        Semaphore places = waiting.computeIfAbsent(project, _ -> new Semaphore(MOST_WAITING_OF_A_PROJECT));
        if (!places.tryAcquire()) {
            throw new Refused(Refused.Why.TOO_OFTEN, "at most " + MOST_WAITING_OF_A_PROJECT + " may wait at once");
        }
        try {
            StrictJson.write(
                    response,
                    leases.changes(project, since, Duration.ofSeconds(wait))
                            .orElseThrow(() -> new Refused(
                                    Refused.Why.CONFLICT, "this revision was never given out: ask with since=0")));
        } finally {
            places.release();
        }
    }

    @GetMapping("/broker/v1/limits")
    void limits(HttpServletRequest request, HttpServletResponse response) throws IOException {
        StrictJson.write(response, leases.limits(Admission.project(request)));
    }

    @GetMapping("/broker/v1/members")
    void members(HttpServletRequest request, HttpServletResponse response) throws IOException {
        StrictJson.write(response, projects.members(Admission.project(request)));
    }

    private static void known(boolean known) {
        if (!known) {
            throw new Refused(Refused.Why.ABSENT, "the project has no such lease or worker");
        }
    }

    private static long number(HttpServletRequest request, String name, long most) {
        String[] values = request.getParameterValues(name);
        if (values == null || values.length != 1 || !NUMBER.matcher(values[0]).matches()) {
            throw new Refused(Refused.Why.MALFORMED, name + " must be given once, a decimal number");
        }
        try {
            long value = Long.parseLong(values[0]);
            if (value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Nineteen digits may exceed 2⁶³: refused below like any number that is too large.
        }
        throw new Refused(Refused.Why.MALFORMED, name + " is at most " + most);
    }
}
