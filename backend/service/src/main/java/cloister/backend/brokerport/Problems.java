package cloister.backend.brokerport;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;

/** Every failure becomes a {@link cloister.broker.Problem}; nothing of the caller's text is repeated or logged. */
@RestControllerAdvice
class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    @ExceptionHandler
    void on(Refused refused, HttpServletResponse response) throws IOException {
        StrictJson.write(response, refused.problem());
    }

    @ExceptionHandler
    void on(MethodArgumentTypeMismatchException mismatch, HttpServletResponse response) throws IOException {
        StrictJson.write(response, Refused.Why.ABSENT.problem("numbers are below 2147483648"));
    }

    @ExceptionHandler
    void on(HttpRequestMethodNotSupportedException method, HttpServletResponse response) throws IOException {
        StrictJson.write(response, Refused.Why.METHOD.problem("see the methods in broker.yaml"));
    }

    @ExceptionHandler
    void on(RuntimeException failure, HttpServletResponse response) throws IOException {
        LOG.error("a request failed", failure);
        if (!response.isCommitted()) {
            StrictJson.write(response, Refused.Why.BROKEN.problem("ask again; the operator's log says why"));
        }
    }
}
