package cloister.bridge.slurm;

import cloister.bridge.JobRecord;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Resources;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Reads slurmdbd's records of jobs, v0.0.42. */
final class RecordJson {
    private static final int LONGEST_NAME = 64;
    private static final int LONGEST_NODES = 32_768;
    private static final int LONGEST_TEXT = 256;

    private RecordJson() {}

    /** Whether it is the user's and may be a placeholder: its comment is our mark, or not there yet. */
    static boolean ours(JsonNode job, String user) {
        String comment = job.path("comment").path("job").asString("");
        return user.equals(job.path("user").asString(""))
                && (comment.isEmpty() || Mark.parse(comment).isPresent());
    }

    static Parts.Part read(JsonNode job) throws Unclear {
        long id = number(job.path("job_id"), "job_id");
        JsonNode time = job.path("time");
        Instant submitted =
                time(time.path("submission")).orElseThrow(() -> new Unclear("job " + id + " has no submit time"));
        List<String> words = words(job.path("state").path("current"));
        JobRecord record = new JobRecord(
                id,
                submitted,
                Mark.parse(job.path("comment").path("job").asString("")),
                Reply.clean(job.path("account").asString(""), LONGEST_NAME),
                Reply.clean(job.path("wckey").path("wckey").asString(""), LONGEST_NAME),
                state(id, words),
                time(time.path("start")),
                time(time.path("end")),
                number(time.path("elapsed"), "elapsed"),
                List.of(),
                allocated(job.path("tres").path("allocated")),
                Reply.clean(job.path("nodes").asString(""), LONGEST_NODES),
                Reply.clean(job.path("extra").asString(""), LONGEST_TEXT),
                Reply.clean(job.path("comment").path("administrator").asString(""), LONGEST_TEXT));
        return new Parts.Part(record, words.contains("RESIZING"));
    }

    private static List<String> words(JsonNode words) {
        List<String> said = new ArrayList<>();
        for (JsonNode word : words) said.add(word.asString(""));
        return said;
    }

    private static PlaceholderState state(long id, List<String> said) throws Unclear {
        return JobStates.state(said)
                .orElseThrow(() -> new Unclear("job " + id + " is in a state we do not know: " + said));
    }

    private static Resources allocated(JsonNode list) throws Unclear {
        long cpus = 0;
        long memory = 0;
        long gpus = 0;
        long nodes = 0;
        for (JsonNode tres : list) {
            switch (tres.path("type").asString("")) {
                case "cpu" -> cpus = number(tres.path("count"), "cores");
                case "mem" -> memory = number(tres.path("count"), "memory");
                case "node" -> nodes = number(tres.path("count"), "hosts");
                case "gres" -> {
                    // Slurm counts a gpu under its plain name and again under its kind.
                    if (tres.path("name").asString("").equals("gpu")) gpus = number(tres.path("count"), "gpus");
                }
                default -> {
                    // Energy (-2 where nobody measures it), billing, licences and file systems are not ours to count.
                }
            }
        }
        return new Resources(cpus, memory, gpus, nodes);
    }

    private static Optional<Instant> time(JsonNode seconds) {
        return seconds.isIntegralNumber() && seconds.asLong() > 0
                ? Optional.of(Instant.ofEpochSecond(seconds.asLong()))
                : Optional.empty();
    }

    private static long number(JsonNode number, String what) throws Unclear {
        if (!number.isIntegralNumber() || !number.canConvertToLong() || number.asLong() < 0) {
            throw new Unclear("slurmdbd names no " + what);
        }
        return number.asLong();
    }
}
