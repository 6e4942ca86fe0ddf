package cloister.backend.ledger;

import cloister.backend.host.Host;
import cloister.backend.host.Hosts;
import cloister.backend.lease.PlaceholderEnding;
import cloister.backend.machine.MachineEnding;
import cloister.backend.machine.MachineUsage;
import cloister.backend.machine.Machines;
import cloister.backend.pulse.Paced;
import cloister.backend.pulse.Pulse;
import cloister.backend.pulse.Quiet;
import cloister.bridge.Accounting;
import cloister.bridge.Booking;
import cloister.bridge.Mark;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Takes down what workers use: periodically, and before each ends; and notes it at the placeholder before that ends. A backend
 * that is killed loses at most what was used since the last period.
 */
@Component
class Sampler implements Paced {
    private static final Logger LOG = LoggerFactory.getLogger(Sampler.class);

    private final Quiet quiet = new Quiet(LOG);
    private final Hosts hosts;
    private final Machines machines;
    private final LedgerStore store;
    private final Accounting accounting;
    private final TransactionTemplate transactions;
    private final LedgerConfig config;
    private final InstantSource clock;
    private final Pulse pulse;

    Sampler(
            Hosts hosts,
            Machines machines,
            LedgerStore store,
            Accounting accounting,
            TransactionTemplate transactions,
            LedgerConfig config,
            InstantSource clock) {
        this.hosts = hosts;
        this.machines = machines;
        this.store = store;
        this.accounting = accounting;
        this.transactions = transactions;
        this.config = config;
        this.clock = clock;
        this.pulse = new Pulse("ledger-samples", config.sample(), clock, this::pass);
    }

    /** Looks at every host once. */
    void pass() {
        for (Host host : hosts.list()) {
            String what = "what the workers on " + host.name() + " use";
            switch (machines.measure(host.name())) {
                case Machines.Measurement.Seen(List<MachineUsage> usages) -> {
                    quiet.fine(what);
                    usages.forEach(this::take);
                }
                case Machines.Measurement.Unreachable(String why) -> quiet.trouble(what, why);
            }
        }
    }

    private void take(MachineUsage usage) {
        Mark mark = new Mark(usage.id().project(), usage.id().lease(), usage.attempt());
        Instant now = clock.instant();
        transactions.executeWithoutResult(_ -> {
            store.begin(mark, usage.job(), usage.submitted());
            Optional<Meter> last = store.meter(mark, usage.id().worker());
            Meter next = last.isPresent()
                    ? last.get().next(now, usage.cpuNanos(), usage.residentKib())
                    : Meter.first(now, usage.cpuNanos(), usage.residentKib());
            store.save(mark, usage.id().worker(), next);
        });
    }

    @EventListener
    void on(MachineEnding ending) {
        take(ending.usage());
    }

    /** Its machines are gone and their last figures stored. */
    @EventListener
    void on(PlaceholderEnding ending) {
        Mark mark = new Mark(ending.lease().project(), ending.lease().lease(), ending.attempt());
        store.begin(mark, ending.job(), ending.submitted());
        store.gpus(mark, ending.gpus());
        store.told(mark, clock.instant());
        String text = Used.of(store.meters(mark), ending.gpus(), store.reported(mark), config.tolerancePercent())
                .text();
        if (store.note(mark).filter(text::equals).isPresent()) {
            return;
        }
        String what = "noting the usage at job " + ending.job();
        Booking booking;
        try {
            booking = accounting.note(ending.job(), ending.submitted(), text);
        } catch (UncheckedIOException e) {
            quiet.trouble(what, String.valueOf(e.getMessage()));
            return;
        }
        switch (booking) {
            case Booking.Done() -> {
                quiet.fine(what);
                store.noted(mark, text);
            }
            // A placeholder that ended by itself takes no note any more; the ledger has the figures.
            case Booking.Refused(String why) -> quiet.trouble(what, why);
            case Booking.Foreign(String found) -> quiet.trouble(what, found);
            case Booking.Unknown(String why) -> quiet.trouble(what, why);
        }
    }

    @Override
    public Pulse pulse() {
        return pulse;
    }
}
