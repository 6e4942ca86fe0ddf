package cloister.backend.ledger;

import cloister.backend.pulse.Paced;
import cloister.backend.pulse.Pulse;
import cloister.backend.pulse.Quiet;
import cloister.bridge.Accounting;
import cloister.bridge.Booking;
import cloister.bridge.JobRecord;
import cloister.bridge.Records;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Takes down slurmdbd's record of each placeholder that is over, once, and under the policy `used` has it corrected first. A
 * row stays open until slurmdbd has its end.
 */
@Component
class Settlement implements Paced {
    private static final Logger LOG = LoggerFactory.getLogger(Settlement.class);

    /** Between two looks for a record that does not come; also how long a worker must not have been seen to be gone. */
    private static final Duration RARELY = Duration.ofMinutes(10);

    /** What slurmdbd does not know so long after its submission it never will. */
    private static final Duration FORGOTTEN = Duration.ofDays(1);

    private final Quiet quiet = new Quiet(LOG);
    private final LedgerStore store;
    private final Accounting accounting;
    private final LedgerConfig config;
    private final InstantSource clock;
    private final Pulse pulse;

    Settlement(LedgerStore store, Accounting accounting, LedgerConfig config, InstantSource clock) {
        this.store = store;
        this.accounting = accounting;
        this.config = config;
        this.clock = clock;
        this.pulse = new Pulse("ledger-settlement", config.settle(), clock, this::pass);
    }

    /** Looks at the open rows that are due: soon after their end was told, then more and more rarely. */
    void pass() {
        Instant now = clock.instant();
        for (LedgerStore.Entry entry : store.open(now, now.minus(RARELY))) {
            settle(entry, now);
        }
    }

    /** Looks at all of them, due or not. */
    void passOverAll() {
        Instant now = clock.instant();
        for (LedgerStore.Entry entry : store.open(now.plus(FORGOTTEN), now.minus(RARELY))) {
            settle(entry, now);
        }
    }

    private Instant next(LedgerStore.Entry entry, Instant now) {
        Duration since =
                Duration.between(entry.told().orElse(Instant.EPOCH), now).dividedBy(2);
        Duration least = since.compareTo(config.settle()) < 0 ? config.settle() : since;
        return now.plus(least.compareTo(RARELY) < 0 ? least : RARELY);
    }

    private void settle(LedgerStore.Entry entry, Instant now) {
        store.later(entry.mark(), next(entry, now));
        String what = "settling job " + entry.job();
        switch (accounting.records(entry.job())) {
            case Records.Unknown(String why) -> quiet.trouble(what, why);
            case Records.Seen(List<JobRecord> jobs) -> {
                Optional<JobRecord> record = jobs.stream()
                        .filter(job -> job.submitted().equals(entry.submitted())
                                && job.mark().filter(entry.mark()::equals).isPresent())
                        .filter(job -> job.state().terminal() && job.ended().isPresent())
                        .findFirst();
                record.ifPresent(job -> close(what, entry, job));
                boolean unknown = jobs.stream().noneMatch(job -> job.submitted().equals(entry.submitted()));
                // slurmctld forgets a job in a crash before slurmdbd hears of it, or somebody purged it.
                if (unknown && now.isAfter(entry.submitted().plus(FORGOTTEN))) {
                    LOG.warn("slurmdbd has had no record of job {} for a day: its row stays without one", entry.job());
                    store.giveUp(entry.mark(), used(entry));
                    forget(entry);
                }
            }
        }
    }

    private Used used(LedgerStore.Entry entry) {
        return Used.of(
                store.meters(entry.mark()), entry.gpus(), store.reported(entry.mark()), config.tolerancePercent());
    }

    private void forget(LedgerStore.Entry entry) {
        try {
            accounting.forgetNote(entry.job(), entry.submitted());
        } catch (UncheckedIOException e) {
            LOG.warn("the note of job {} stays in the gate's folder: {}", entry.job(), e.getMessage());
        }
    }

    private void close(String what, LedgerStore.Entry entry, JobRecord record) {
        Used used = used(entry).beside(record.cpuSeconds(), config.tolerancePercent());
        JobRecord charged = record;
        // What nobody measured is charged as it was given; so is what gave hosts back: of its records one could be
        // corrected.
        boolean measured = !used.flags().contains(Usage.Flag.NOT_MEASURED);
        if (config.policy() == LedgerConfig.Policy.USED
                && measured
                && record.before().isEmpty()) {
            long cores = used.cores(record);
            long memory = used.memMib(record);
            if (!corrected(what, accounting.adjust(entry.job(), entry.submitted(), cores, memory))) {
                return;
            }
            charged = record.with(cores, memory);
        }
        store.settle(entry.mark(), charged, used);
        quiet.fine(what);
        forget(entry);
    }

    private boolean corrected(String what, Booking booking) {
        switch (booking) {
            case Booking.Done() -> {
                return true;
            }
            case Booking.Foreign(String found) -> quiet.trouble(what, found);
            case Booking.Refused(String why) -> quiet.trouble(what, "the record is not corrected: " + why);
            case Booking.Unknown(String why) -> quiet.trouble(what, "the record is not corrected yet: " + why);
        }
        return false;
    }

    @Override
    public Pulse pulse() {
        return pulse;
    }

    /**
     * Refuses to start under a policy that this Slurm can't keep.
     *
     * @throws IllegalStateException with what to do
     */
    @Override
    public void start() {
        if (config.policy() == LedgerConfig.Policy.USED) {
            switch (accounting.adjusts()) {
                case Booking.Done() -> LOG.info("records are corrected to what was used");
                case Booking.Refused(String why) ->
                    throw new IllegalStateException("cloister.ledger.policy is used, but " + why
                            + ": set it to allocated, or upgrade Slurm to 26.05");
                case Booking.Foreign(String found) -> throw new IllegalStateException(found);
                // Slurm may start later than the backend. Each correction asks again.
                case Booking.Unknown(String why) -> LOG.warn("not known yet whether records can be corrected: {}", why);
            }
        }
        Paced.super.start();
    }
}
