package cloister.backend.brokerport;

import cloister.broker.Problem;

/** A request is refused and changes nothing. Titles are fixed; details never repeat what the caller sent. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What can be wrong with a request. */
    enum Why {
        MALFORMED(400, "the request is not understood"),
        UNENROLLED(403, "this key speaks for no project"),
        ABSENT(404, "there is no such thing"),
        METHOD(405, "this can't be done here"),
        CONFLICT(409, "this contradicts what is recorded"),
        TOO_LARGE(413, "the body is too large"),
        OUT_OF_STEP(422, "the number is out of step"),
        BEYOND_LIMITS(422, "the request is beyond the limits"),
        TOO_OFTEN(429, "too many requests"),
        BROKEN(500, "the backend failed");

        private final int status;
        private final String title;

        Why(int status, String title) {
            this.status = status;
            this.title = title;
        }

        int status() {
            return status;
        }

        Problem problem(String detail) {
            return new Problem(status, title, detail);
        }
    }

    private final Why why;
    private final String detail;

    Refused(Why why, String detail) {
        super(why.title + ": " + detail, null, false, false);
        this.why = why;
        this.detail = detail;
    }

    Why why() {
        return why;
    }

    Problem problem() {
        return why.problem(detail);
    }
}
