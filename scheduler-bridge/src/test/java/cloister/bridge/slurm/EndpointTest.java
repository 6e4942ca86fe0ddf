package cloister.bridge.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.bridge.Mark;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.SlurmBridgeConfig;
import cloister.bridge.Submission;
import cloister.bridge.Survey;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    private static final String LIST = "GET /slurm/VERSION/jobs/";
    private static final String SUBMIT = "POST /slurm/VERSION/job/submit";
    private static final String EMPTY = "{\"jobs\": [], \"errors\": []}";
    private static final PlaceholderRequest REQUEST =
            new PlaceholderRequest(new Mark(7, 12, 1), "p7", "m1", 2, 3, 8192, Duration.ofSeconds(61), true);

    @TempDir
    Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {CannedSlurmrestd.OLDER, CannedSlurmrestd.NEWER})
    void the_newest_version_that_both_know_is_found_once(String version) throws IOException {
        try (CannedSlurmrestd slurmrestd = new CannedSlurmrestd(folder, version)) {
            RestPlaceholders placeholders = slurmrestd.on(LIST, 200, EMPTY).placeholders();
            assertThat(placeholders.list()).isInstanceOf(Survey.Seen.class);
            assertThat(placeholders.list()).isInstanceOf(Survey.Seen.class);
            assertThat(slurmrestd.pings).first().isEqualTo("/slurm/v0.0.45/ping/");
            assertThat(slurmrestd.pings).hasSize(version.equals(CannedSlurmrestd.NEWER) ? 1 : 2);
        }
    }

    @Test
    void a_server_that_is_down_at_the_start_is_found_when_it_comes() throws IOException {
        CannedSlurmrestd first = new CannedSlurmrestd(folder, CannedSlurmrestd.OLDER);
        RestPlaceholders placeholders = first.on(LIST, 200, EMPTY).placeholders();
        first.close();
        assertThat(placeholders.list()).isInstanceOf(Survey.Unknown.class);
        assertThat(placeholders.submit(REQUEST)).isInstanceOf(Submission.Unknown.class);
        try (CannedSlurmrestd second = new CannedSlurmrestd(folder, CannedSlurmrestd.OLDER, first.port())) {
            second.on(LIST, 200, EMPTY);
            assertThat(placeholders.list()).isInstanceOf(Survey.Seen.class);
        }
    }

    @Test
    void a_server_that_comes_back_with_another_version_is_asked_anew() throws IOException {
        CannedSlurmrestd before = new CannedSlurmrestd(folder, CannedSlurmrestd.OLDER);
        RestPlaceholders placeholders = before.on(LIST, 200, EMPTY).placeholders();
        assertThat(placeholders.list()).isInstanceOf(Survey.Seen.class);
        before.close();
        try (CannedSlurmrestd after = new CannedSlurmrestd(folder, CannedSlurmrestd.NEWER, before.port())) {
            after.on(LIST, 200, EMPTY);
            // The old path may be tried once before it is known to be gone.
            placeholders.list();
            assertThat(placeholders.list()).isInstanceOf(Survey.Seen.class);
            assertThat(after.heard.getLast().target()).startsWith("/slurm/v0.0.45/");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "v0.0.40,v0.0.41 | v0.0.40, v0.0.41 only: this Slurm is too old, upgrade it",
                "v0.0.46 | v0.0.46 only: this Slurm is too new, upgrade Cloister",
                "v0.0.43,v0.0.44 | v0.0.43, v0.0.44 only: start it with -d v0.0.45 or without -d"
            })
    void a_server_that_we_cannot_talk_to_says_what_to_do(String served, String words) throws IOException {
        String paths = Pattern.compile(",")
                .splitAsStream(served.strip())
                .map(version -> "\"/slurm/" + version + "/jobs/\": {\"get\": {\"x\": [1]}}")
                .collect(Collectors.joining(", "));
        try (CannedSlurmrestd slurmrestd = new CannedSlurmrestd(folder, "v0.0.40")) {
            slurmrestd.on("GET /openapi/v3", 200, "{\"openapi\": \"3.0.3\", \"paths\": {" + paths + "}}");
            RestPlaceholders placeholders = slurmrestd.placeholders();
            assertThat(placeholders.submit(REQUEST))
                    .isInstanceOfSatisfying(
                            Submission.Unknown.class,
                            unknown -> assertThat(unknown.why()).contains(words.strip(), "Slurm 24.11"));
            assertThat(placeholders.list()).isInstanceOf(Survey.Unknown.class);
            assertThat(slurmrestd.heard)
                    .extracting(CannedSlurmrestd.Heard::method)
                    .containsOnly("GET");
        }
    }

    @Test
    void a_server_without_slurmctld_says_so() throws IOException {
        try (CannedSlurmrestd slurmrestd = new CannedSlurmrestd(folder, "v0.0.40")) {
            slurmrestd.on("GET /openapi/v3", 200, "{\"paths\": {\"/slurmdb/v0.0.45/jobs/\": {}}}");
            assertThat(slurmrestd.placeholders().list())
                    .isInstanceOfSatisfying(
                            Survey.Unknown.class,
                            unknown -> assertThat(unknown.why()).contains("-s slurmctld,slurmdbd"));
        }
    }

    @Test
    void more_requests_than_slurmrestd_serves_at_once_wait_for_their_turn() throws Exception {
        try (CannedSlurmrestd slurmrestd = new CannedSlurmrestd(folder, CannedSlurmrestd.NEWER)) {
            slurmrestd.on(SUBMIT, 200, "{\"job_id\": 5, \"errors\": []}").crowded(true);
            assertThat(submissions(slurmrestd.placeholders())).hasSize(64).containsOnly(new Submission.Placed(5));
            assertThat(slurmrestd.mostAtOnce).hasValueBetween(2, Endpoint.MOST_AT_ONCE);
        }
    }

    @Test
    void a_request_whose_turn_does_not_come_says_so() throws Exception {
        try (CannedSlurmrestd slurmrestd = new CannedSlurmrestd(folder, CannedSlurmrestd.NEWER)) {
            SlurmBridgeConfig config = slurmrestd.silentOn(SUBMIT).config(Duration.ofSeconds(1));
            List<Submission> all = submissions(RestPlaceholders.connect(config));
            assertThat(all).hasSize(64).hasOnlyElementsOfType(Submission.Unknown.class);
            assertThat(all.toString()).contains("16 requests are before this one");
        }
    }

    private static List<Submission> submissions(RestPlaceholders placeholders) throws Exception {
        List<Submission> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Submission> submit = () -> placeholders.submit(REQUEST);
            for (Future<Submission> one : threads.invokeAll(Collections.nCopies(64, submit))) {
                all.add(one.get());
            }
        }
        return all;
    }
}
