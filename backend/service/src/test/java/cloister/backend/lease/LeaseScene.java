package cloister.backend.lease;

import cloister.backend.lease.Lease.Abandoning;
import cloister.backend.lease.Lease.Clearing;
import cloister.backend.lease.Lease.Closing;
import cloister.backend.lease.Lease.Ended;
import cloister.backend.lease.Lease.Event;
import cloister.backend.lease.Lease.Queued;
import cloister.backend.lease.Lease.Recorded;
import cloister.backend.lease.Lease.Running;
import cloister.backend.lease.Lease.Starting;
import cloister.backend.lease.Lease.Step;
import cloister.backend.lease.Lease.Submitting;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Share;
import cloister.broker.ReasonCode;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A lease of two workers in every state, every kind of event, and what the moves make of them. */
final class LeaseScene {
    static final Instant T = Instant.parse("2026-01-01T12:00:00Z");
    static final Rules RULES = new Rules(
            Duration.ofSeconds(15),
            Duration.ofSeconds(60),
            Duration.ofSeconds(20),
            Duration.ofSeconds(60),
            3,
            Duration.ofSeconds(5),
            NodeLoss.SHRINK);
    static final Rules ENDING = new Rules(
            RULES.settle(),
            RULES.bootLimit(),
            RULES.endLimit(),
            RULES.clearLimit(),
            RULES.attempts(),
            RULES.backoff(),
            NodeLoss.END);
    static final Spki KEY = MachineKey.generate().spki();
    static final Spki OTHER = MachineKey.generate().spki();
    static final Hold HOLD = hold(1);
    static final Seat.Booting ONE = new Seat.Booting(1, "a", Ipv4.parse("10.77.1.16"));
    static final Seat.Booting TWO = new Seat.Booting(2, "b", Ipv4.parse("10.77.1.17"));
    static final Seat.Ready READY_ONE = new Seat.Ready(1, "a", ONE.address(), KEY);
    static final Seat.Ready READY_TWO = new Seat.Ready(2, "b", TWO.address(), KEY);
    static final Seat.Leaving LEAVING_ONE = new Seat.Leaving(1, "a", ONE.address());
    static final Seat.Leaving LEAVING_TWO = new Seat.Leaving(2, "b", TWO.address());
    static final Seat.Stranded STRANDED_ONE = new Seat.Stranded(1, "a", ONE.address());
    static final Seat.Stranded STRANDED_TWO = new Seat.Stranded(2, "b", TWO.address());
    static final Recorded RECORDED = new Recorded(1, Instant.EPOCH, ReasonCode.NONE);
    static final Submitting SUBMITTING = new Submitting(1, T.plusSeconds(15));
    static final Queued QUEUED = new Queued(1, 7, ReasonCode.QUEUED_OTHER, Optional.empty());
    static final Starting STARTING = new Starting(HOLD, T.plusSeconds(60), List.of(ONE, TWO));
    static final Starting HEARD = new Starting(HOLD, T.plusSeconds(60), List.of(READY_ONE, READY_TWO));
    static final Running RUNNING = new Running(HOLD, List.of(READY_ONE, READY_TWO), ReasonCode.NONE);

    private LeaseScene() {}

    static Abandoning abandoning(Optional<PlaceholderState> end) {
        return new Abandoning(
                HOLD,
                List.of(STRANDED_ONE, new Seat.Gone(2)),
                new Verdict.Finish(ReasonCode.HOST_LOST),
                T.plusSeconds(20),
                T.plusSeconds(660),
                end);
    }

    static Hold hold(int attempt) {
        return new Hold(attempt, 7, T.minusSeconds(9), 0, "a,b", T.plusSeconds(600), Duration.ofMinutes(12));
    }

    static Event.Seen seen(PlaceholderState state, Instant at) {
        return new Event.Seen(at, placeholder(state, "Resources"));
    }

    static Placeholder impossible() {
        return placeholder(PlaceholderState.PENDING, "BadConstraints");
    }

    /** In the queue, for Slurm's reason, after it was started so many times again. */
    static Event.Seen waits(String reason, int restart) {
        return new Event.Seen(T, placeholder(PlaceholderState.PENDING, reason, restart));
    }

    private static Placeholder placeholder(PlaceholderState state, String reason) {
        return placeholder(state, reason, 0);
    }

    private static Placeholder placeholder(PlaceholderState state, String reason, int restart) {
        return new Placeholder(
                7, T.minusSeconds(9), restart, new Mark(1, 1, 1), state, reason, Optional.empty(), List.of());
    }

    /** It runs on host {@code a} or {@code b} alone: Slurm has taken the other from it. */
    static Event.Seen without(Instant at, String host) {
        String rest = host.equals("a") ? "b" : "a";
        return new Event.Seen(
                at,
                new Placeholder(
                        7,
                        T.minusSeconds(9),
                        0,
                        new Mark(1, 1, 1),
                        PlaceholderState.RUNNING,
                        "None",
                        Optional.empty(),
                        List.of(new Share(rest, 1)),
                        Optional.of(HOLD.limit()),
                        Optional.empty()));
    }

    /** Over, while its hosts still run their epilogs. */
    static Event.Seen cleaningUp(PlaceholderState outcome) {
        return new Event.Seen(
                T,
                new Placeholder(
                        7,
                        T.minusSeconds(9),
                        0,
                        new Mark(1, 1, 1),
                        PlaceholderState.COMPLETING,
                        "None",
                        Optional.empty(),
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(outcome)));
    }

    static Event.Seen seen(PlaceholderState state) {
        return seen(state, T);
    }

    static Event.Tick tick(Instant at) {
        return new Event.Tick(at);
    }

    static String arrow(Lease from, Event event, Lease to) {
        return from.getClass().getSimpleName() + " --> " + to.getClass().getSimpleName() + " : "
                + event.getClass().getSimpleName();
    }

    static List<Lease> states() {
        Verdict again = new Verdict.Again(T);
        Verdict finish = new Verdict.Finish(ReasonCode.RELEASED);
        return List.of(
                RECORDED,
                SUBMITTING,
                QUEUED,
                STARTING,
                HEARD,
                new Starting(HOLD, T.plusSeconds(60), List.of(LEAVING_ONE)),
                RUNNING,
                new Running(HOLD, List.of(READY_ONE), ReasonCode.NONE),
                new Running(HOLD, List.of(LEAVING_ONE), ReasonCode.NONE),
                new Clearing(HOLD, true, List.of(LEAVING_ONE), finish, T),
                new Clearing(HOLD, false, List.of(), again, T),
                new Running(HOLD, List.of(STRANDED_ONE, READY_TWO), ReasonCode.HOST_LOST),
                new Clearing(HOLD, true, List.of(STRANDED_ONE, LEAVING_TWO), finish, T.plusSeconds(99)),
                abandoning(Optional.empty()),
                abandoning(Optional.of(PlaceholderState.COMPLETED)),
                new Closing(1, OptionalLong.empty(), Optional.empty(), finish, T),
                new Closing(1, OptionalLong.of(7), Optional.of(HOLD), again, T),
                new Ended(ReasonCode.RELEASED));
    }

    static List<Event> events() {
        Hold elsewhere = new Hold(1, 7, T, 1, "c", T, Duration.ofMinutes(12));
        List<Event> events = new ArrayList<>();
        for (Instant at : List.of(T, T.plusSeconds(10_000))) {
            events.add(tick(at));
            events.add(new Event.Absent(at));
            events.add(new Event.Placed(at, 7));
            events.add(new Event.Asked(at, HOLD, List.of(ONE)));
            events.add(new Event.Asked(at, elsewhere, List.of()));
            events.add(new Event.Misfit(at, HOLD));
            events.add(new Event.Heard(at, 1, KEY));
            events.add(new Event.Heard(at, 1, OTHER));
            events.add(new Event.Lost(at, 1));
            events.add(new Event.HostLost(at, "a"));
            events.add(new Event.HostLost(at, "b"));
            events.add(new Event.Destroyed(at, 2));
            events.add(without(at, "b"));
            events.add(new Event.Destroyed(at, 1));
            events.add(new Event.ReleaseAsked(at, ReasonCode.RELEASED));
            events.add(new Event.WorkerReleased(at, 1));
            events.add(new Event.MoreTime(at, Duration.ofMinutes(42)));
            events.add(new Event.TooEarly(at));
            Arrays.stream(PlaceholderState.values())
                    .map(state -> seen(state, at))
                    .forEach(events::add);
        }
        events.add(new Event.Refused());
        events.add(new Event.TimeRefused());
        events.add(new Event.Resumed());
        events.add(new Event.Paused());
        return events;
    }

    /** All arrows between different states, and those that stay but do something. */
    static Set<String> possible() {
        return states().stream()
                .flatMap(state -> events().stream().flatMap(event -> {
                    Step step = Lease.on(state, event, RULES);
                    boolean moves = !step.next().getClass().equals(state.getClass());
                    return moves ? Stream.of(arrow(state, event, step.next())) : Stream.empty();
                }))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** One arrow for each pair of states, with all events on it. */
    static String drawn() {
        return possible().stream()
                .collect(Collectors.groupingBy(
                        arrow -> arrow.substring(0, arrow.indexOf(" : ")),
                        TreeMap::new,
                        Collectors.mapping(
                                arrow -> arrow.substring(arrow.indexOf(" : ") + 3), Collectors.joining(", "))))
                .entrySet()
                .stream()
                .map(entry -> "    " + entry.getKey() + " : " + entry.getValue())
                .collect(Collectors.joining("\n"));
    }
}
