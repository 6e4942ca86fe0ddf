package cloister.backend.ledger;

import cloister.backend.project.Project;
import cloister.backend.project.Projects;
import cloister.backend.project.Removal;
import cloister.backend.pulse.Paced;
import cloister.backend.pulse.Pulse;
import cloister.backend.pulse.Quiet;
import cloister.bridge.Accounting;
import cloister.bridge.Booking;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Has an account for each project and a wckey for each member's number in slurmdbd, and removes what we made for one that is
 * no more. Level-triggered: a project that was created while slurmdbd was down gets its account once slurmdbd answers.
 */
@Component
class AssociationLoop implements Paced {
    private static final Logger LOG = LoggerFactory.getLogger(AssociationLoop.class);

    private final Quiet quiet = new Quiet(LOG);
    private final Projects projects;
    private final Accounting accounting;
    private final AssociationStore store;
    private final LedgerConfig config;
    private final InstantSource clock;
    private final Pulse pulse;
    private Instant checked = Instant.EPOCH;

    AssociationLoop(
            Projects projects,
            Accounting accounting,
            AssociationStore store,
            LedgerConfig config,
            InstantSource clock) {
        this.projects = projects;
        this.accounting = accounting;
        this.store = store;
        this.config = config;
        this.clock = clock;
        this.pulse = new Pulse("ledger-associations", config.associations(), clock, this::pass);
    }

    /** One comparison. While nothing changes slurmdbd is asked only when a recheck is due. */
    void pass() {
        Set<Association> wanted = wanted();
        Set<Association> made = store.made();
        Instant now = clock.instant();
        boolean recheck = !now.isBefore(checked.plus(config.recheck()));
        boolean all = true;
        for (Association association : ordered(wanted)) {
            if (recheck || !made.contains(association)) {
                all &= open(association);
            }
        }
        for (Association association : ordered(made)) {
            if (!wanted.contains(association)) {
                all &= close(association);
            }
        }
        if (recheck && all) {
            checked = now;
        }
    }

    private Set<Association> wanted() {
        Set<Association> wanted = new HashSet<>();
        for (Project project : projects.list()) {
            if (project.removal() == Removal.NONE || project.removal() == Removal.DRAINING) {
                wanted.add(new Association(Association.Kind.ACCOUNT, project.number()));
                projects.booked(project.number())
                        .forEach(member -> wanted.add(new Association(Association.Kind.WCKEY, member)));
            }
        }
        return wanted;
    }

    private static List<Association> ordered(Collection<Association> some) {
        List<Association> ordered = new ArrayList<>(some);
        ordered.sort(Comparator.comparing(Association::kind).thenComparingInt(Association::number));
        return ordered;
    }

    private boolean open(Association association) {
        String name = association.name();
        Booking booking = switch (association.kind()) {
            case ACCOUNT -> accounting.openAccount(name, config.parent(), association.description());
            case WCKEY -> accounting.openWckey(name);
        };
        if (told(name + " in the site's accounting", booking)) {
            store.made(association);
            return true;
        }
        return false;
    }

    private boolean close(Association association) {
        String name = association.name();
        Booking booking = switch (association.kind()) {
            case ACCOUNT -> accounting.closeAccount(name, association.description());
            case WCKEY -> accounting.closeWckey(name);
        };
        // What became somebody else's is not ours any more either.
        if (told("removing " + name + " from the site's accounting", booking) || booking instanceof Booking.Foreign) {
            store.removed(association);
            return true;
        }
        return false;
    }

    private boolean told(String what, Booking booking) {
        switch (booking) {
            case Booking.Done() -> {
                quiet.fine(what);
                return true;
            }
            case Booking.Foreign(String found) ->
                quiet.trouble(
                        what, found + ": it is not ours and stays as it is; rename or remove it, or nobody is charged");
            case Booking.Refused(String why) -> quiet.trouble(what, "refused, and tried again: " + why);
            case Booking.Unknown(String why) -> quiet.trouble(what, "not known, and tried again: " + why);
        }
        return false;
    }

    @Override
    public Pulse pulse() {
        return pulse;
    }
}
