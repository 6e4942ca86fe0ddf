package cloister.backend.project;

import cloister.isolation.Ipv4;
import cloister.vpn.identity.Spki;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The life of a project's CVM. The states are ours; what a host says comes as events.
 *
 * <p>Its drive outlives it: whoever holds the drive's key gives it at each start, so a CVM that fell is started again by
 * itself and then waits for its owner. Only {@link Event.DeleteAsked} takes away a drive that a CVM has ever used.
 */
public sealed interface Cvm {
    /**
     * There is none.
     *
     * @param why what ended the last one; {@link Why#ASKED} where there never was one
     * @param drive what is left of it
     */
    record Off(Why why, Drive drive) implements Cvm {}

    /**
     * It is to be started, or boots.
     *
     * @param place where
     * @param deadline when it is given up
     * @param drive what it starts with
     */
    record Starting(Place place, Instant deadline, Drive drive) implements Cvm {}

    /**
     * It said hello: its key is the project's word until its end.
     *
     * @param place where it is, and its drive
     * @param spki of the only key that may speak for the project
     * @param sshHostKey {@code ssh-ed25519 BASE64} of its sshd
     * @param image version of its image
     * @param since when it said hello
     */
    record Up(Place place, Spki spki, String sshHostKey, int image, Instant since) implements Cvm {}

    /**
     * Its domain is to be taken away.
     *
     * @param place where
     * @param why what for
     * @param drive what stays
     */
    record Stopping(Place place, Why why, Drive drive) implements Cvm {}

    /** Its drive, which nobody here can read. */
    sealed interface Drive {
        /** There is none that anybody has ever used. */
        record Blank() implements Drive {}

        /**
         * One that a CVM has used.
         *
         * @param last where that CVM was
         */
        record Kept(Place last) implements Drive {}
    }

    /**
     * Host and address.
     *
     * @param host name of a host with the role service
     * @param address on the underlay
     */
    record Place(String host, Ipv4 address) {}

    /** Why a CVM is not, or is about not to be. */
    enum Why {
        ASKED("stopped by an operator, or never started"),
        NOT_HEARD("it did not say hello in time: see its console log on the host"),
        REFUSED("the host refused to start it: see the backend's log"),
        LOST(
                "it fell within seconds of its start: see its console log on the host, then start it again; its drive is kept"),
        FENCED("an operator said that its host is off; its drive is kept"),
        ALARM("it spoke with another key than before, and was ended for it: see the backend's log");

        private final String text;

        Why(String text) {
            this.text = text;
        }

        /** For the operator. */
        public String text() {
            return text;
        }
    }

    /** Whether it is, or is about to be or not to be, on that host. */
    default boolean placedOn(String host) {
        return switch (this) {
            case Off _ -> false;
            case Starting starting -> starting.place.host().equals(host);
            case Up up -> up.place.host().equals(host);
            case Stopping stopping -> stopping.place.host().equals(host);
        };
    }

    /** What happened. */
    sealed interface Event {
        /** An operator wants it. */
        record StartAsked(Place place, Instant deadline) implements Event {}

        /** An operator does not want it any more; its drive is kept. */
        record StopAsked() implements Event {}

        /** An operator has turned its host off, so that it cannot run there whatever the host does not say. */
        record Fenced() implements Event {}

        /** An operator wants neither it nor its drive any more. */
        record DeleteAsked() implements Event {}

        /** Time has passed. */
        record Tick(Instant at) implements Event {}

        /** It said hello. */
        record Heard(Spki spki, @Nullable String sshHostKey, int image, Instant at) implements Event {}

        /** The machine room ended it for an alarm. */
        record Alarm() implements Event {}

        /** Its host answered, and it is not there. */
        record Absent(Instant at, Instant deadline) implements Event {}

        /** Its host refused to start it. */
        record Refused() implements Event {}

        /** Its domain is not there, nor a drive that is not to stay. */
        record Destroyed() implements Event {}
    }

    /** What is to be done outside; each may be done again. */
    sealed interface Effect {
        /** Create it unless it lives, and hear it. */
        record Start(Place place, Drive drive) implements Effect {}

        /** Ask its host whether it lives. */
        record Look(Place place) implements Effect {}

        /** Take it away; {@code drive} is what stays. */
        record Destroy(Place place, Drive drive) implements Effect {}
    }

    /** The next state, and what to do once that is stored. */
    record Step(Cvm next, List<Effect> effects) {}

    /** What falls sooner than this after its hello would fall again and again, before its owner has come. */
    static Duration leastLife() {
        return Duration.ofSeconds(15);
    }

    /** The one function that moves a CVM. It looks at no clock and calls nobody. */
    static Step on(Cvm cvm, Event event) {
        return switch (cvm) {
            case Off off -> off(off, event);
            case Starting starting -> starting(starting, event);
            case Up up -> up(up, event);
            case Stopping stopping -> stopping(stopping, event);
        };
    }

    private static Step off(Off off, Event event) {
        return switch (event) {
            case Event.StartAsked(Place place, Instant deadline) ->
                to(new Starting(place, deadline, off.drive), new Effect.Start(place, off.drive));
            case Event.DeleteAsked _ ->
                switch (off.drive) {
                    case Drive.Blank _ -> to(off);
                    case Drive.Kept(Place last) -> stop(last, Why.ASKED, new Drive.Blank());
                };
            case Event.StopAsked _,
                    Event.Fenced _,
                    Event.Tick _,
                    Event.Heard _,
                    Event.Alarm _,
                    Event.Absent _,
                    Event.Refused _,
                    Event.Destroyed _ -> to(off);
        };
    }

    private static Step starting(Starting starting, Event event) {
        Place place = starting.place;
        Drive drive = starting.drive;
        return switch (event) {
            case Event.Tick(Instant at) ->
                at.isBefore(starting.deadline)
                        ? to(starting, new Effect.Start(place, drive))
                        : stop(place, Why.NOT_HEARD, drive);
            case Event.Heard(Spki spki, String sshHostKey, int image, Instant at) ->
                sshHostKey == null ? stop(place, Why.ALARM, drive) : to(new Up(place, spki, sshHostKey, image, at));
            case Event.Refused _ -> stop(place, Why.REFUSED, drive);
            case Event.StopAsked _ -> stop(place, Why.ASKED, drive);
            case Event.DeleteAsked _ -> stop(place, Why.ASKED, new Drive.Blank());
            case Event.Alarm _ -> stop(place, Why.ALARM, drive);
            case Event.Fenced _ -> to(new Off(Why.FENCED, drive));
            // A machine that isn't there yet, or fell while it booted, is created anew until the deadline.
            case Event.Absent _, Event.Destroyed _, Event.StartAsked _ -> to(starting);
        };
    }

    private static Step up(Up up, Event event) {
        Drive kept = new Drive.Kept(up.place);
        return switch (event) {
            case Event.Tick _ -> to(up, new Effect.Look(up.place));
            case Event.Heard(Spki spki, String sshHostKey, int _, Instant _) ->
                up.spki.equals(spki) && up.sshHostKey.equals(sshHostKey) ? to(up) : stop(up.place, Why.ALARM, kept);
            case Event.Absent(Instant at, Instant deadline) ->
                at.isBefore(up.since.plus(leastLife()))
                        ? stop(up.place, Why.LOST, kept)
                        : to(new Starting(up.place, deadline, kept), new Effect.Start(up.place, kept));
            case Event.StopAsked _ -> stop(up.place, Why.ASKED, kept);
            case Event.DeleteAsked _ -> stop(up.place, Why.ASKED, new Drive.Blank());
            case Event.Alarm _ -> stop(up.place, Why.ALARM, kept);
            case Event.Fenced _ -> to(new Off(Why.FENCED, kept));
            case Event.StartAsked _, Event.Refused _, Event.Destroyed _ -> to(up);
        };
    }

    private static Step stopping(Stopping stopping, Event event) {
        return switch (event) {
            case Event.Tick _ -> to(stopping, new Effect.Destroy(stopping.place, stopping.drive));
            case Event.Destroyed _ -> to(new Off(stopping.why, stopping.drive));
            // What cannot be said of a drive: that it is gone.
            case Event.Fenced _ ->
                stopping.drive instanceof Drive.Kept ? to(new Off(Why.FENCED, stopping.drive)) : to(stopping);
            case Event.DeleteAsked _ -> stop(stopping.place, stopping.why, new Drive.Blank());
            case Event.StartAsked _, Event.StopAsked _, Event.Heard _, Event.Alarm _, Event.Absent _, Event.Refused _ ->
                to(stopping);
        };
    }

    private static Step stop(Place place, Why why, Drive drive) {
        return to(new Stopping(place, why, drive), new Effect.Destroy(place, drive));
    }

    private static Step to(Cvm next, Effect... effects) {
        return new Step(next, List.of(effects));
    }
}
