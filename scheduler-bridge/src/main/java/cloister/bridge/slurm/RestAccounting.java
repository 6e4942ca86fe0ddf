package cloister.bridge.slurm;

import cloister.bridge.Accounting;
import cloister.bridge.Booking;
import cloister.bridge.JobRecord;
import cloister.bridge.Records;
import cloister.bridge.SlurmBridgeConfig;
import cloister.slurm.v0042.api.SlurmApi;
import cloister.slurm.v0042.api.SlurmdbApi;
import cloister.slurm.v0042.model.JobDescMsg;
import cloister.slurm.v0045.model.JobModify;
import cloister.slurm.v0045.model.JobModifyTres;
import cloister.slurm.v0045.model.Tres;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.springframework.web.client.RestClient.ResponseSpec;
import tools.jackson.databind.JsonNode;

/**
 * The accounting by slurmrestd: v0.0.42, which Slurm 24.11 and 26.05 both serve, but for corrections, which only v0.0.45 has.
 */
public final class RestAccounting implements Accounting {
    private static final System.Logger LOG = System.getLogger(RestAccounting.class.getName());
    private static final Pattern TEXT = Pattern.compile("cloister:1:[A-Za-z0-9:]{1,240}");
    private static final Duration LONGEST = Duration.ofDays(366);
    /** A day of one project is a few thousand records of 4 KB; a year in one answer would be too long. */
    private static final Duration SLICE = Duration.ofDays(1);

    private static final String YES = "true";
    private static final String TOO_OLD =
            "records cannot be corrected: slurmrestd does not serve v0.0.45, so this Slurm is older than 26.05";

    private final SlurmApi slurm;
    private final SlurmdbApi records;
    private final cloister.slurm.v0045.api.SlurmApi newer;
    private final cloister.slurm.v0045.api.SlurmdbApi corrections;
    private final Associations associations;
    private final UsageFile usage;
    private final String user;

    private RestAccounting(
            cloister.slurm.v0042.ApiClient older, cloister.slurm.v0045.ApiClient newer, SlurmBridgeConfig config) {
        this.slurm = new SlurmApi(older);
        this.records = new SlurmdbApi(older);
        this.newer = new cloister.slurm.v0045.api.SlurmApi(newer);
        this.corrections = new cloister.slurm.v0045.api.SlurmdbApi(newer);
        this.associations = new Associations(records, config.user());
        this.usage = new UsageFile(config.gate().resolve("usage"));
        this.user = config.user();
    }

    /** Makes the client without talking to slurmrestd. */
    public static RestAccounting connect(SlurmBridgeConfig config) {
        Connection connection = Connection.to(config);
        return new RestAccounting(connection.older(), connection.newer(), config);
    }

    @Override
    public Booking openAccount(String name, String parent, String description) {
        return associations.openAccount(name, parent, description);
    }

    @Override
    public Booking closeAccount(String name, String description) {
        return associations.closeAccount(name, description);
    }

    @Override
    public Booking openWckey(String name) {
        return associations.openWckey(name);
    }

    @Override
    public Booking closeWckey(String name) {
        return associations.closeWckey(name);
    }

    @Override
    public Booking note(long job, Instant submitted, String text) {
        if (!TEXT.matcher(text).matches()) throw new IllegalArgumentException("not a text of ours");
        // Before extra: jobcomp.lua reads it when the job ends, which may be any time.
        if (usage.wanted()) usage.write(job, submitted, text);
        LOG.log(Level.INFO, "noting at job {0}: {1}", Long.toString(job), text);
        Told told = Told.of(() -> slurm.updateWithResponseSpec(Long.toString(job), new JobDescMsg().extra(text)));
        return switch (told) {
            case Told.Good _ -> new Booking.Done();
            case Told.Failed(long number, String why) ->
                Errors.gone(number) || number == Told.DENIED ? new Booking.Refused(why) : new Booking.Unknown(why);
            case Told.Silent(String why) -> new Booking.Unknown(why);
            case Told.NotServed() -> new Booking.Unknown(Told.NO_API);
        };
    }

    @Override
    public void forgetNote(long job, Instant submitted) {
        usage.remove(job, submitted);
    }

    @Override
    public Records records(String account, Instant from, Instant until) {
        if (!from.isBefore(until) || Duration.between(from, until).compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("a period has from 1 second to " + LONGEST.toDays() + " days");
        }
        // A job that runs over midnight is in two answers.
        Map<String, Parts.Part> found = new LinkedHashMap<>();
        for (Instant day = from; day.isBefore(until); day = day.plus(SLICE)) {
            Instant end = day.plus(SLICE).isBefore(until) ? day.plus(SLICE) : until;
            String first = Long.toString(day.getEpochSecond());
            String last = Long.toString(end.getEpochSecond());
            try {
                parts(Told.of(() -> period(account, first, last)))
                        .forEach(part -> found.put(
                                part.record().job() + "@" + part.record().submitted(), part));
            } catch (Unclear e) {
                return new Records.Unknown(e.what());
            }
        }
        return new Records.Seen(Parts.joined(List.copyOf(found.values())));
    }

    /** Without its duplicates slurmdbd hides a job whose id was given again, and with truncation the times are the period's. */
    private ResponseSpec period(String account, String first, String last) {
        return records.recordedJobsWithResponseSpec(
                account, null, null, null, null, null, null, null, null, null, YES, YES, YES, null, null, null, null,
                null, null, null, null, null, null, null, null, null, null, null, null, last, first, null, user, null);
    }

    @Override
    public Records records(long job) {
        try {
            return new Records.Seen(
                    Parts.joined(parts(Told.of(() -> records.recordedJobWithResponseSpec(Long.toString(job))))));
        } catch (Unclear e) {
            return new Records.Unknown(e.what());
        }
    }

    private List<Parts.Part> parts(Told told) throws Unclear {
        return switch (told) {
            case Told.Good(JsonNode body) -> read(body);
            case Told.Failed(long number, String why) -> throw new Unclear(why);
            case Told.Silent(String why) -> throw new Unclear(why);
            case Told.NotServed() -> throw new Unclear(Told.NO_API);
        };
    }

    private List<Parts.Part> read(JsonNode body) throws Unclear {
        if (!body.path("jobs").isArray()) throw new Unclear("slurmdbd's answer has no jobs in it");
        List<Parts.Part> found = new ArrayList<>();
        for (JsonNode job : body.path("jobs")) {
            // Leaving one out that can't be read would make it look purged.
            if (RecordJson.ours(job, user)) found.add(RecordJson.read(job));
        }
        return found;
    }

    @Override
    public Booking adjusts() {
        return switch (Told.of(newer::pingWithResponseSpec)) {
            case Told.Good _ -> new Booking.Done();
            case Told.NotServed() -> new Booking.Refused(TOO_OLD);
            // slurmctld need not be up for that.
            case Told.Failed _ -> new Booking.Done();
            case Told.Silent(String why) -> new Booking.Unknown(why);
        };
    }

    @Override
    public Booking adjust(long job, Instant submitted, long cpus, long memMiB) {
        // slurmdbd corrects the latest record of an id: that must be ours. It is the last part of one that gave hosts
        // back.
        switch (records(job)) {
            case Records.Unknown(String why) -> {
                return new Booking.Unknown(why);
            }
            case Records.Seen(List<JobRecord> jobs) -> {
                JobRecord last = jobs.stream()
                        .max(Comparator.comparing(JobRecord::submitted))
                        .orElse(null);
                if (last == null) return new Booking.Refused("slurmdbd has no record of job " + job);
                if (!last.submitted().equals(submitted))
                    return new Booking.Refused("job id " + job + " was given again");
                if (!last.state().terminal()) return new Booking.Unknown("job " + job + " is not over in slurmdbd");
                if (last.allocated().cpus() == cpus && last.allocated().memMiB() == memMiB) return new Booking.Done();
            }
        }
        LOG.log(Level.INFO, "correcting job {0}: {1} cores, {2} MiB", Long.toString(job), cpus, memMiB);
        JobModify change = new JobModify()
                .tres(new JobModifyTres()
                        .allocated(List.of(
                                new Tres().type("cpu").count(cpus),
                                new Tres().type("mem").count(memMiB))));
        return switch (Told.of(() -> corrections.adjustWithResponseSpec(Long.toString(job), change))) {
            case Told.Good(JsonNode body) ->
                body.isMissingNode()
                        ? new Booking.Refused("slurmdbd changed nothing at job " + job)
                        : new Booking.Done();
            case Told.Failed(long number, String why) ->
                number == Told.DENIED ? new Booking.Refused(why) : new Booking.Unknown(why);
            case Told.Silent(String why) -> new Booking.Unknown(why);
            case Told.NotServed() -> new Booking.Refused(TOO_OLD);
        };
    }
}
