package cloister.backend.project;

import cloister.backend.host.Host;
import cloister.backend.host.Hosts;
import cloister.backend.machine.Machine;
import cloister.backend.machine.MachineAlarm;
import cloister.backend.machine.MachineGone;
import cloister.backend.machine.MachineHeard;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.MachineSettings;
import cloister.backend.machine.Machines;
import cloister.backend.pulse.Paced;
import cloister.backend.pulse.Pulse;
import cloister.backend.pulse.Quiet;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Moves every project's CVM to where it is wanted. All that happens is queued or seen in a pass; one thread decides. What a
 * pass does is stored before it is done, so that a backend that was killed goes on where it was.
 */
@Component
class CvmLoop implements Paced {
    private static final Logger LOG = LoggerFactory.getLogger(CvmLoop.class);

    /** Hellos and alarms between two passes; one that doesn't fit is lost and said again by its machine. */
    private static final int LONGEST_QUEUE = 1024;

    /** Steps of one CVM in one pass: more would be a loop without time between. */
    private static final int MOST_STEPS = 16;

    private final Quiet quiet = new Quiet(LOG);
    private final ProjectStore store;
    private final TransactionTemplate transactions;
    private final Machines machines;
    private final Hosts hosts;
    private final Underlay underlay;
    private final ProjectConfig config;
    private final MachineSettings size;
    private final int timeScale;
    private final InstantSource clock;
    private final ApplicationEventPublisher events;
    private final BlockingQueue<Happened> queue = new ArrayBlockingQueue<>(LONGEST_QUEUE);
    private final Map<Spki, Integer> enrolled = new ConcurrentHashMap<>();
    private final Object changed = new Object();
    private final Pulse pulse;

    private record Happened(int project, Cvm.Event event) {}

    CvmLoop(
            ProjectStore store,
            TransactionTemplate transactions,
            Machines machines,
            Hosts hosts,
            Underlay underlay,
            ProjectConfig config,
            MachineSettings size,
            @Value("${cloister.time-scale}") int timeScale,
            InstantSource clock,
            ApplicationEventPublisher events) {
        this.store = store;
        this.transactions = transactions;
        this.machines = machines;
        this.hosts = hosts;
        this.underlay = underlay;
        this.config = config;
        this.size = size;
        this.timeScale = timeScale;
        this.clock = clock;
        this.events = events;
        this.pulse = new Pulse("cvm-loop", config.look(), clock, this::pass);
    }

    /** Returns the CVM once it isn't {@code seen} any more, or after the time. */
    Cvm await(int project, Cvm seen, Duration longest) throws InterruptedException {
        long until = System.nanoTime() + longest.toNanos();
        synchronized (changed) {
            while (true) {
                Cvm now = store.find(project).orElseThrow().cvm();
                long left = Duration.ofNanos(until - System.nanoTime()).toMillis();
                if (!now.equals(seen) || left <= 0) {
                    return now;
                }
                changed.wait(left);
            }
        }
    }

    OptionalInt ofKey(Spki key) {
        Integer project = enrolled.get(key);
        return project == null ? OptionalInt.empty() : OptionalInt.of(project);
    }

    /** Where its drive is, unless the operator names another host; anywhere where it has none. */
    void startAsked(int project, Optional<String> wanted) {
        Cvm cvm = store.find(project).orElseThrow().cvm();
        List<String> able =
                hosts.list().stream().filter(Host::service).map(Host::name).toList();
        String host = wanted.or(() -> cvm instanceof Cvm.Off(var _, Cvm.Drive.Kept(Cvm.Place last))
                        ? Optional.of(last.host())
                        : able.stream().min(Comparator.comparing(this::cvmsOn).thenComparing(name -> name)))
                .orElseThrow(() -> new IllegalArgumentException(
                        "no host may hold CVMs: name one with `cloister host add NAME --service`"));
        if (!able.contains(host)) {
            throw new IllegalArgumentException(
                    host + " may not hold CVMs: allow it with `cloister host add " + host + " --service`");
        }
        move(project, new Cvm.Event.StartAsked(new Cvm.Place(host, underlay.cvm(project)), deadline()));
        pulse.wake();
    }

    private Instant deadline() {
        return clock.instant().plus(config.bootLimit().multipliedBy(timeScale));
    }

    private Integer cvmsOn(String host) {
        return Math.toIntExact(store.all().stream()
                .filter(project -> project.cvm().placedOn(host))
                .count());
    }

    void stopAsked(int project) {
        move(project, new Cvm.Event.StopAsked());
        pulse.wake();
    }

    void fenced(int project) {
        move(project, new Cvm.Event.Fenced());
        pulse.wake();
    }

    void deleteAsked(int project) {
        move(project, new Cvm.Event.DeleteAsked());
        pulse.wake();
    }

    @EventListener
    void on(MachineHeard heard) {
        if (heard.id().isCvm()) {
            queue(
                    heard.id(),
                    new Cvm.Event.Heard(
                            Spki.parse(heard.tlsSpki()), heard.sshHostKey(), heard.image(), clock.instant()));
        }
    }

    @EventListener
    void on(MachineAlarm alarm) {
        if (alarm.id().isCvm()) {
            queue(alarm.id(), new Cvm.Event.Alarm());
        }
    }

    @EventListener
    void on(MachineGone gone) {
        if (gone.id().isCvm()) {
            // Only a hint: the next pass asks the host.
            pulse.wake();
        }
    }

    private void queue(MachineId id, Cvm.Event event) {
        if (!queue.offer(new Happened(id.project(), event))) {
            LOG.warn("the queue of what CVMs said is full; {} will say it again", id);
        }
        pulse.wake();
    }

    /** One look at everything. */
    void pass() {
        List<Happened> happened = new ArrayList<>();
        queue.drainTo(happened);
        for (Happened one : happened) {
            converge(one.project(), one.event());
        }
        for (Project project : store.all()) {
            converge(project.number(), new Cvm.Event.Tick(clock.instant()));
        }
    }

    private void converge(int project, Cvm.Event first) {
        Deque<Cvm.Event> todo = new ArrayDeque<>(List.of(first));
        for (int step = 0; step < MOST_STEPS && !todo.isEmpty(); step++) {
            for (Cvm.Effect effect : move(project, todo.remove())) {
                apply(project, effect, todo);
            }
        }
    }

    private List<Cvm.Effect> move(int project, Cvm.Event event) {
        Cvm.Step step = transactions.execute(_ -> {
            Project held = store.hold(project)
                    .orElseThrow(() -> new IllegalArgumentException("there is no project " + project));
            if (event instanceof Cvm.Event.StartAsked && held.removal() != Removal.NONE) {
                throw new IllegalArgumentException("project " + project + " is removed or about to be");
            }
            Cvm before = held.cvm();
            Cvm.Step taken = Cvm.on(before, event);
            if (!taken.next().equals(before)) {
                LOG.info("CVM of project {}: {}", project, described(taken.next()));
                store.save(project, taken.next());
            }
            return taken;
        });
        enrol(project, step.next());
        synchronized (changed) {
            changed.notifyAll();
        }
        return step.effects();
    }

    private void enrol(int project, Cvm cvm) {
        if (cvm instanceof Cvm.Up up) {
            enrolled.put(up.spki(), project);
        } else if (enrolled.values().removeIf(known -> known == project)) {
            events.publishEvent(new CvmEnded(project));
        }
    }

    private static String described(Cvm cvm) {
        return switch (cvm) {
            case Cvm.Off(Cvm.Why why, Cvm.Drive _) -> "off: " + why.text();
            case Cvm.Starting(Cvm.Place place, var _, Cvm.Drive _) -> "starting on " + place.host();
            case Cvm.Up up -> "up on " + up.place().host() + ", image " + up.image();
            case Cvm.Stopping(Cvm.Place place, Cvm.Why why, Cvm.Drive _) ->
                "stopping on " + place.host() + ": " + why.text();
        };
    }

    private static String unsure(int project, Cvm.Place place) {
        return place.host() + " does not say what became of the CVM of project " + project;
    }

    private void apply(int project, Cvm.Effect effect, Deque<Cvm.Event> todo) {
        MachineId id = MachineId.cvm(project);
        switch (effect) {
            case Cvm.Effect.Start(Cvm.Place place, Cvm.Drive drive) -> {
                switch (machines.start(new Machine.Cvm(
                        project,
                        place.host(),
                        place.address(),
                        size.cvmCpus(),
                        size.cvmMemoryMib(),
                        size.cvmDataMib(),
                        drive instanceof Cvm.Drive.Kept))) {
                    case Machines.Start.Started() -> quiet.fine(unsure(project, place));
                    case Machines.Start.Refused(String why) -> {
                        LOG.error("{} refused the CVM of project {}: {}", place.host(), project, why);
                        todo.add(new Cvm.Event.Refused());
                    }
                    case Machines.Start.Unknown(String why) -> quiet.trouble(unsure(project, place), why);
                }
            }
            case Cvm.Effect.Look(Cvm.Place place) -> {
                switch (machines.survey(place.host())) {
                    case Machines.Survey.Seen(var seen) -> {
                        if (seen.stream().noneMatch(machine -> machine.id().equals(id))) {
                            todo.add(new Cvm.Event.Absent(clock.instant(), deadline()));
                        }
                    }
                    case Machines.Survey.Unreachable(String why) ->
                        LOG.debug("{} does not answer: {}", place.host(), why);
                }
            }
            case Cvm.Effect.Destroy(Cvm.Place place, Cvm.Drive drive) -> {
                Machines.Stop stop = switch (drive) {
                    case Cvm.Drive.Blank _ -> machines.destroy(place.host(), id);
                    case Cvm.Drive.Kept _ -> machines.stop(place.host(), id);
                };
                switch (stop) {
                    case Machines.Stop.Gone() -> {
                        quiet.fine(unsure(project, place));
                        todo.add(new Cvm.Event.Destroyed());
                    }
                    case Machines.Stop.Unknown(String why) -> quiet.trouble(unsure(project, place), why);
                }
            }
        }
    }

    @Override
    public Pulse pulse() {
        return pulse;
    }

    @Override
    public void start() {
        for (Project project : store.all()) {
            enrol(project.number(), project.cvm());
        }
        Paced.super.start();
    }
}
