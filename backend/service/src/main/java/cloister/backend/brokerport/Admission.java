package cloister.backend.brokerport;

import cloister.backend.project.Projects;
import cloister.broker.Verb;
import cloister.vpn.identity.Spki;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Lets a request in: from an enrolled key (looked up for every request, since a connection may outlive its key), to a verb
 * that exists, not too often, not too large.
 */
@Component
class Admission extends OncePerRequestFilter {
    private static final String PROJECT = "cloister.project";
    private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

    private final Projects projects;
    private final Rates rates;

    Admission(Projects projects, Rates rates) {
        this.projects = projects;
        this.rates = rates;
    }

    /** The project that calls. */
    static int project(HttpServletRequest request) {
        if (request.getAttribute(PROJECT) instanceof Integer project) {
            return project;
        }
        throw new IllegalStateException("the request came past the admission");
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            int project = caller(request)
                    .orElseThrow(() -> new Refused(Refused.Why.UNENROLLED, "only a CVM that runs may call"));
            Verb verb =
                    verb(request).orElseThrow(() -> new Refused(Refused.Why.ABSENT, "see the paths in broker.yaml"));
            if (!rates.admits(project, verb)) {
                response.setHeader("Retry-After", "10");
                throw new Refused(Refused.Why.TOO_OFTEN, "at most " + verb.perHour() + " of these an hour");
            }
            if (request.getContentLengthLong() > Verb.longestBodyBytes()) {
                throw new Refused(Refused.Why.TOO_LARGE, "at most " + Verb.longestBodyBytes() + " bytes");
            }
            request.setAttribute(PROJECT, project);
        } catch (Refused refused) {
            StrictJson.write(response, refused.problem());
            return;
        }
        chain.doFilter(request, response);
    }

    private OptionalInt caller(HttpServletRequest request) {
        if (request.getAttribute(CERTIFICATES) instanceof X509Certificate[] chain && chain.length == 1) {
            try {
                return projects.ofKey(Spki.of(chain[0].getPublicKey()));
            } catch (IllegalArgumentException e) {
                // A key of another kind can't be enrolled.
                return OptionalInt.empty();
            }
        }
        return OptionalInt.empty();
    }

    private static Optional<Verb> verb(HttpServletRequest request) {
        return Arrays.stream(Verb.values())
                .filter(verb -> verb.method().equals(request.getMethod()))
                .filter(verb -> pattern(verb).matcher(request.getRequestURI()).matches())
                .findFirst();
    }

    private static Pattern pattern(Verb verb) {
        return Pattern.compile(verb.path().replaceAll("\\{[nk]}", "[1-9][0-9]{0,9}"));
    }
}
